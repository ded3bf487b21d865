import type {
  AddTagsToResourceRequest,
  AddTagsToResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { parameterTags } from '../../domain/parameter-changes.ts';
import { taggedParameter } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';

export const addTagsToResource: Operation<AddTagsToResourceRequest, AddTagsToResourceResult> = {
  accepts: ['ResourceId', 'Tags'],
  fixed: { ResourceType: 'Parameter' },
  run: ({ ResourceId, Tags }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const row = await taggedParameter(transaction, caller, ResourceId);
      const tags = parameterTags(row.tags, Tags);
      await transaction.parameters.update({ ...row, tags });
      return {};
    }),
};
