import type {
  DescribeReplaceRootVolumeTasksRequest,
  DescribeReplaceRootVolumeTasksResult,
} from '../../../../api/generated/ec2-types.ts';
import type { RootReplacementRow } from '../../../catalog/rows/root-replacement.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, type PageBounds, pageOf, readPage } from '../../../domain/pages.ts';
import { requiredRootReplacements } from '../../../domain/root-replacements.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { rootReplacementShape } from '../../shapes/root-replacements.ts';

const action = 'DescribeReplaceRootVolumeTasks';

/** EC2's of this action. */
const pageBounds: PageBounds = { min: 1, max: 50 };

const filters: FilterTable<RootReplacementRow> = {
  values: { 'instance-id': (row) => row.instanceId },
  tags: (row) => row.tags,
};

export const describeReplaceRootVolumeTasks: Operation<
  DescribeReplaceRootVolumeTasksRequest,
  DescribeReplaceRootVolumeTasksResult
> = {
  accepts: ['ReplaceRootVolumeTaskIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: {
    list: 'ReplaceRootVolumeTasks',
    ids: 'ReplaceRootVolumeTaskIds',
    rows: pageBounds.max,
  },
  async run(input, { catalog, caller }) {
    const { ReplaceRootVolumeTaskIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action }, pageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredRootReplacements(reader, caller, ids);
        return cutPage(named.filter(filter.matches), page);
      }
      const { account, region } = caller;
      const instanceId = filter.exact('instance-id');
      const where = { account, region, instanceId, ...tagCondition(caller, filter) };
      return readPage(reader.rootReplacements, where, page, filter.matches);
    });
    return { ReplaceRootVolumeTasks: rows.map(rootReplacementShape), NextToken: nextToken };
  },
};
