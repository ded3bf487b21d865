import type {
  DescribeTagsRequest,
  DescribeTagsResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { listTags, tagFilters } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';

export const describeTags: Operation<DescribeTagsRequest, DescribeTagsResult> = {
  accepts: ['Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const page = pageOf(input, { ...caller, action: 'DescribeTags' }, usualPageBounds);
    const filter = rowFilter(input.Filters, tagFilters);
    const narrow = { ids: filter.exact('resource-id'), types: filter.exact('resource-type') };
    const all = await catalog.read((reader) => listTags(reader, caller, narrow));
    const { rows, nextToken } = cutPage(all.filter(filter.matches), page);
    return {
      Tags: rows.map((row) => ({
        ResourceId: row.resourceId,
        ResourceType: row.resourceType,
        Key: row.key,
        Value: row.value,
      })),
      NextToken: nextToken,
    };
  },
};
