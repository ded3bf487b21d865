import type {
  CreateLifecyclePolicyRequest,
  CreateLifecyclePolicyResponse,
} from '../../../api/generated/dlm-types.ts';
import type { BackupPolicyRow } from '../../catalog/rows/backup-policy.ts';
import { checkNewPolicy, planned } from '../../domain/backups/policies.ts';
import { checkScripts } from '../../domain/backups/scripts.ts';
import type { Operation } from '../operation.ts';
import {
  acceptedDetails,
  checkedDescription,
  checkedRole,
  checkedState,
  defaultMembers,
  fixedDetails,
  saidOf,
} from '../requests/backup-policy.ts';
import { policyTags } from '../requests/backup-schedule.ts';

/** It is due for the first time at its first time to come. */
export const createLifecyclePolicy: Operation<
  CreateLifecyclePolicyRequest,
  CreateLifecyclePolicyResponse
> = {
  accepts: [
    'ExecutionRoleArn',
    'Description',
    'State',
    'Tags',
    'DefaultPolicy',
    ...defaultMembers,
    ...acceptedDetails,
  ],
  fixed: fixedDetails,
  async run(input, { catalog, caller, clock, ids, site }) {
    const now = clock.now();
    const { account, region } = caller;
    const row: BackupPolicyRow = {
      id: ids.resource('policy'),
      account,
      region,
      createdAt: now.toISOString(),
      description: checkedDescription(input.Description),
      state: checkedState(input.State),
      executionRole: checkedRole(input.ExecutionRoleArn),
      ...saidOf(input, { site, region, now }),
      tags: policyTags(input.Tags),
    };
    await catalog.write(async (transaction) => {
      await checkNewPolicy(transaction, row);
      await checkScripts(transaction, row);
      await transaction.backupPolicies.insert(planned(row, now));
    });
    return { PolicyId: row.id };
  },
};
