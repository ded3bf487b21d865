import type {
  DescribeTagsRequest,
  DescribeTagsResult,
  TagDescription,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { pageOf, pageOfStream, usualPageBounds } from '../../../domain/pages.ts';
import { listTags, tagFilters } from '../../../domain/tag-list.ts';
import type { Operation } from '../../operation.ts';

export const describeTags: Operation<DescribeTagsRequest, DescribeTagsResult> = {
  accepts: ['Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'Tags' },
  async run(input, { catalog, caller }) {
    const page = pageOf(input, { ...caller, action: 'DescribeTags' }, usualPageBounds);
    const filter = rowFilter(input.Filters, tagFilters);
    const { shown, nextToken } = await catalog.read((reader) =>
      pageOfStream(
        listTags(reader, caller, filter, page.after),
        page,
        (row): TagDescription | undefined =>
          filter.matches(row)
            ? {
                ResourceId: row.resourceId,
                ResourceType: row.resourceType,
                Key: row.key,
                Value: row.value,
              }
            : undefined,
      ),
    );
    return { Tags: shown, NextToken: nextToken };
  },
};
