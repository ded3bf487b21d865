import type {
  AddTagsToResourceRequest,
  AddTagsToResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { taggedParameter } from '../../domain/parameters.ts';
import { checkedCount, checkedTags } from '../../domain/tags.ts';
import type { Operation } from '../operation.ts';

export const addTagsToResource: Operation<AddTagsToResourceRequest, AddTagsToResourceResult> = {
  accepts: ['ResourceId', 'Tags'],
  fixed: { ResourceType: 'Parameter' },
  run: ({ ResourceId, Tags }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await taggedParameter(transaction, caller, ResourceId);
      const tags = checkedCount({ ...row.tags, ...checkedTags(Tags) });
      await transaction.parameters.update({ ...row, tags });
      return {};
    }),
};
