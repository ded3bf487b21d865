import type {
  UpdateBackupPlanInput,
  UpdateBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { changePlan, newVersionId } from '../../../domain/backups/plan-versions.ts';
import { checkRules, planArn, plannedRules, requiredPlan } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { acceptedPlan, fixedPlan, rulesOf } from '../../requests/backup-plan.ts';

export const updateBackupPlan: Operation<UpdateBackupPlanInput, UpdateBackupPlanOutput> = {
  accepts: ['BackupPlanId', ...acceptedPlan],
  fixed: fixedPlan,
  async run(input, { catalog, caller, clock, ids, site }) {
    const row = await catalog.write(async (transaction) => {
      const before = await requiredPlan(transaction, caller, input.BackupPlanId);
      const rules = rulesOf(input.BackupPlan, { clock, ids }, before.rules);
      const now = clock.now();
      await checkRules(transaction, caller, rules, { now, site });
      const name = input.BackupPlan.BackupPlanName;
      const versionId = newVersionId(ids, now);
      const { nextRunAt } = plannedRules({ ...before, rules }, now);
      return changePlan(transaction, before, { name, rules, versionId, nextRunAt }, now);
    });
    return {
      BackupPlanId: row.id,
      BackupPlanArn: planArn(row),
      CreationDate: new Date(row.createdAt),
      VersionId: row.versionId,
    };
  },
};
