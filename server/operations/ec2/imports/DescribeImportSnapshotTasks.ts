import type {
  DescribeImportSnapshotTasksRequest,
  DescribeImportSnapshotTasksResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import {
  importFilters,
  importPageBounds,
  requiredSnapshotImports,
} from '../../../domain/imports.ts';
import { cutPage, pageOf, readPage } from '../../../domain/pages.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { importSnapshotShape } from '../../shapes/imports.ts';

const action = 'DescribeImportSnapshotTasks';

export const describeImportSnapshotTasks: Operation<
  DescribeImportSnapshotTasksRequest,
  DescribeImportSnapshotTasksResult
> = {
  accepts: ['ImportTaskIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'ImportSnapshotTasks', ids: 'ImportTaskIds' },
  async run(input, { catalog, caller }) {
    const { ImportTaskIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action }, importPageBounds, ids);
    const filter = rowFilter(input.Filters, importFilters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredSnapshotImports(reader, caller, ids);
        return cutPage(named.filter(filter.matches), page);
      }
      const { account, region } = caller;
      const state = filter.exact('task-state');
      const where = { account, region, state, ...tagCondition(caller, filter) };
      return readPage(reader.importSnapshotTasks, where, page, filter.matches);
    });
    return { ImportSnapshotTasks: rows.map(importSnapshotShape), NextToken: nextToken };
  },
};
