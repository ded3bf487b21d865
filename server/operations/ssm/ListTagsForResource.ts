import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { taggedParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

export const listTagsForResource: Operation<ListTagsForResourceRequest, ListTagsForResourceResult> =
  {
    accepts: ['ResourceId'],
    fixed: { ResourceType: 'Parameter' },
    run: ({ ResourceId }, { catalog, caller }) =>
      catalog.read(async (reader) => {
        const { tags } = await taggedParameter(reader, caller, ResourceId);
        return { TagList: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) };
      }),
  };
