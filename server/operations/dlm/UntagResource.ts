import type {
  UntagResourceRequest,
  UntagResourceResponse,
} from '../../../api/generated/dlm-types.ts';
import { policyIdOf, requiredPolicy } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';

export const untagResource: Operation<UntagResourceRequest, UntagResourceResponse> = {
  accepts: ['ResourceArn', 'TagKeys'],
  async run({ ResourceArn: arn, TagKeys: keys }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const row = await requiredPolicy(transaction, caller, policyIdOf(arn, caller));
      const left = Object.entries(row.tags).filter(([key]) => !keys.includes(key));
      await transaction.backupPolicies.update({ ...row, tags: Object.fromEntries(left) });
    });
    return {};
  },
};
