import type {
  DescribeImportImageTasksRequest,
  DescribeImportImageTasksResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { importFilters, importPageBounds, requiredImageImports } from '../../../domain/imports.ts';
import { cutPage, pageOf, readPage } from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { importImageShape } from '../../shapes/imports.ts';

const action = 'DescribeImportImageTasks';

export const describeImportImageTasks: Operation<
  DescribeImportImageTasksRequest,
  DescribeImportImageTasksResult
> = {
  accepts: ['ImportTaskIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'ImportImageTasks', ids: 'ImportTaskIds' },
  async run(input, { catalog, caller }) {
    const { ImportTaskIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action }, importPageBounds, ids);
    const filter = rowFilter(input.Filters, importFilters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredImageImports(reader, caller, ids);
        return cutPage(named.filter(filter.matches), page);
      }
      const { account, region } = caller;
      const state = filter.exact('task-state');
      const where = { account, region, state, ...tagCondition(caller, filter) };
      return readPage(reader.importImageTasks, where, page, filter.matches);
    });
    return { ImportImageTasks: rows.map(importImageShape), NextToken: nextToken };
  },
};
