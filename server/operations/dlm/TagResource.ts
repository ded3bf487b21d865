import type { TagResourceRequest, TagResourceResponse } from '../../../api/generated/dlm-types.ts';
import { policyIdOf, requiredPolicy } from '../../domain/backups/policies.ts';
import type { Operation } from '../operation.ts';
import { policyTags } from '../requests/backup-schedule.ts';

export const tagResource: Operation<TagResourceRequest, TagResourceResponse> = {
  accepts: ['ResourceArn', 'Tags'],
  async run({ ResourceArn: arn, Tags }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const row = await requiredPolicy(transaction, caller, policyIdOf(arn, caller));
      await transaction.backupPolicies.update({ ...row, tags: policyTags(Tags, row.tags) });
    });
    return {};
  },
};
