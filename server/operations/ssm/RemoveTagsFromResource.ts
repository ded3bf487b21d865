import type {
  RemoveTagsFromResourceRequest,
  RemoveTagsFromResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { changeSsmTags } from '../../domain/ssm-tags.ts';
import type { Operation } from '../operation.ts';

export const removeTagsFromResource: Operation<
  RemoveTagsFromResourceRequest,
  RemoveTagsFromResourceResult
> = {
  accepts: ['ResourceType', 'ResourceId', 'TagKeys'],
  run: ({ ResourceType, ResourceId, TagKeys }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const without = (before: Record<string, string>) =>
        Object.fromEntries(Object.entries(before).filter(([key]) => !TagKeys.includes(key)));
      await changeSsmTags(transaction, caller, { ResourceType, ResourceId }, without);
      return {};
    }),
};
