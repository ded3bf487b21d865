import type {
  ListTagsForResourceRequest,
  ListTagsForResourceResponse,
} from '../../../api/generated/dlm-types.ts';
import { policyIdOf, requiredPolicy } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';

export const listTagsForResource: Operation<
  ListTagsForResourceRequest,
  ListTagsForResourceResponse
> = {
  accepts: ['ResourceArn'],
  async run({ ResourceArn: arn }, { catalog, caller }) {
    const id = policyIdOf(arn, caller);
    const { tags } = await catalog.read((reader) => requiredPolicy(reader, caller, id));
    return { Tags: tags };
  },
};
