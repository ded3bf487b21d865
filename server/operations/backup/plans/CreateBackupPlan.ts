import type {
  CreateBackupPlanInput,
  CreateBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { newVersionId } from '../../../domain/backups/plan-versions.ts';
import { checkRules, planArn, plannedRules } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { backupTags } from '../../requests/backup.ts';
import { acceptedPlan, fixedPlan, rulesOf } from '../../requests/backup-plan.ts';

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
    await catalog.write(async (transaction) => {
      await checkRules(transaction, caller, rules, { now, site });
      await transaction.backupPlans.insert(plannedRules(row, now));
    });
    return {
      BackupPlanId: row.id,
      BackupPlanArn: planArn(row),
      CreationDate: now,
      VersionId: row.versionId,
    };
  },
};
