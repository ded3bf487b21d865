import type {
  UpdateBackupPlanInput,
  UpdateBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { checkRules, planArn, requiredPlan } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { acceptedPlan, fixedPlan, rulesOf } from '../../requests/backup-plan.ts';

export const updateBackupPlan: Operation<UpdateBackupPlanInput, UpdateBackupPlanOutput> = {
  accepts: ['BackupPlanId', ...acceptedPlan],
  fixed: fixedPlan,
  async run(input, { catalog, caller, clock, ids, site }) {
    const row = await catalog.write(async (transaction) => {
      const before = await requiredPlan(transaction, caller, input.BackupPlanId);
      const rules = rulesOf(input.BackupPlan, { clock, ids }, before.rules);
      await checkRules(transaction, caller, rules, { now: clock.now(), site });
      const name = input.BackupPlan.BackupPlanName;
      return transaction.backupPlans.update({ ...before, name, rules, versionId: ids.uuid() });
    });
    return {
      BackupPlanId: row.id,
      BackupPlanArn: planArn(row),
      CreationDate: new Date(row.createdAt),
      VersionId: row.versionId,
    };
  },
};
