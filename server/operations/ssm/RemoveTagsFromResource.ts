import type {
  RemoveTagsFromResourceRequest,
  RemoveTagsFromResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { taggedParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

export const removeTagsFromResource: Operation<
  RemoveTagsFromResourceRequest,
  RemoveTagsFromResourceResult
> = {
  accepts: ['ResourceId', 'TagKeys'],
  fixed: { ResourceType: 'Parameter' },
  run: ({ ResourceId, TagKeys }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await taggedParameter(transaction, caller, ResourceId);
      const left = Object.entries(row.tags).filter(([key]) => !TagKeys.includes(key));
      await transaction.parameters.update({ ...row, tags: Object.fromEntries(left) });
      return {};
    }),
};
