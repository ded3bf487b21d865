import type {
  AddTagsToResourceRequest,
  AddTagsToResourceResult,
} from '../../../api/generated/ssm-types.ts';
import { parameterTags } from '../../domain/parameter-changes.ts';
import { changeSsmTags } from '../../domain/ssm-tags.ts';
import type { Operation } from '../operation.ts';

export const addTagsToResource: Operation<AddTagsToResourceRequest, AddTagsToResourceResult> = {
  accepts: ['ResourceType', 'ResourceId', 'Tags'],
  run: ({ ResourceType, ResourceId, Tags }, { catalog, caller }) =>
    catalog.write(async (transaction) => {
      const named = { ResourceType, ResourceId };
      await changeSsmTags(transaction, caller, named, (before) => parameterTags(before, Tags));
      return {};
    }),
};
