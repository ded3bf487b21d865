import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { ssmTags } from '../../domain/ssm-tags.ts';
import type { Operation } from '../operation.ts';

export const listTagsForResource: Operation<ListTagsForResourceRequest, ListTagsForResourceResult> =
  {
    accepts: ['ResourceType', 'ResourceId'],
    run: ({ ResourceType, ResourceId }, { catalog, caller }) =>
      catalog.read(async (reader) => {
        const tags = await ssmTags(reader, caller, { ResourceType, ResourceId });
        return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
      }),
  };
