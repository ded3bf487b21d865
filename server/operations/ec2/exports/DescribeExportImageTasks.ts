import type {
  DescribeExportImageTasksRequest,
  DescribeExportImageTasksResult,
} from '../../../../api/generated/ec2-types.ts';
import { exportFilters, exportPageBounds, requiredImageExports } from '../../../domain/exports.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage } from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { exportImageTaskShape } from '../../shapes/exports.ts';

const action = 'DescribeExportImageTasks';

export const describeExportImageTasks: Operation<
  DescribeExportImageTasksRequest,
  DescribeExportImageTasksResult
> = {
  accepts: ['ExportImageTaskIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'ExportImageTasks', ids: 'ExportImageTaskIds' },
  async run(input, { catalog, caller }) {
    const { ExportImageTaskIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action }, exportPageBounds, ids);
    const filter = rowFilter(input.Filters, exportFilters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredImageExports(reader, caller, ids);
        return cutPage(named.filter(filter.matches), page);
      }
      const { account, region } = caller;
      const where = { account, region, ...tagCondition(caller, filter) };
      return readPage(reader.exportImageTasks, where, page, filter.matches);
    });
    return { ExportImageTasks: rows.map(exportImageTaskShape), NextToken: nextToken };
  },
};
