import type {
  CreateBackupPlanInput,
  CreateBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { newVersionId } from '../../../domain/backups/plan-versions.ts';
import { checkRules, planArn, plannedRules } from '../../../domain/backups/plans.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import type { Operation } from '../../operation.ts';
import { backupTags } from '../../requests/backup.ts';
import { acceptedPlan, creatorCall, fixedPlan, lost, rulesOf } from '../../requests/backup-plan.ts';

export const createBackupPlan: Operation<CreateBackupPlanInput, CreateBackupPlanOutput> = {
  accepts: [...acceptedPlan, 'BackupPlanTags', 'CreatorRequestId'],
  fixed: fixedPlan,
  async run(input, { catalog, caller, clock, ids, site }) {
    const { account, region } = caller;
    const now = clock.now();
    const rules = rulesOf(input.BackupPlan, { clock, ids });
    const row = {
      id: ids.uuid(),
      account,
      region,
      createdAt: now.toISOString(),
      name: input.BackupPlan.BackupPlanName,
      versionId: newVersionId(ids, now),
      creatorRequestId: input.CreatorRequestId,
      rules,
      tags: backupTags(input.BackupPlanTags),
    };
    const made = await catalog.write(async (transaction) => {
      const call = creatorCall(caller, 'backup.CreateBackupPlan', input, now);
      const [id = ''] = await idempotently(transaction, call, async () => {
        await checkRules(transaction, caller, rules, { now, site });
        await transaction.backupPlans.insert(plannedRules(row, now));
        return [row.id];
      });
      return (await transaction.backupPlans.get(id)) ?? lost('plan', id);
    });
    return {
      BackupPlanId: made.id,
      BackupPlanArn: planArn(made),
      CreationDate: new Date(made.createdAt),
      VersionId: made.versionId,
    };
  },
};
