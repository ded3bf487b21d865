import type {
  DeleteBackupPlanInput,
  DeleteBackupPlanOutput,
} from '../../../../api/generated/backup-types.ts';
import { invalidRequest } from '../../../domain/backups/arns.ts';
import { removeVersions } from '../../../domain/backups/plan-versions.ts';
import { planArn, requiredPlan } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';

/** What it has made stays; its selections are deleted before. */
export const deleteBackupPlan: Operation<DeleteBackupPlanInput, DeleteBackupPlanOutput> = {
  accepts: ['BackupPlanId'],
  async run({ BackupPlanId: id }, { catalog, caller, clock }) {
    const row = await catalog.write(async (transaction) => {
      const plan = await requiredPlan(transaction, caller, id);
      if ((await transaction.backupSelections.count({ where: { planId: id } })) > 0) {
        throw invalidRequest(
          'Related backup plan selections must be deleted prior to backup plan deletion.',
        );
      }
      await removeVersions(transaction, id);
      await transaction.backupPlans.delete(id);
      return plan;
    });
    return {
      BackupPlanId: id,
      BackupPlanArn: planArn(row),
      DeletionDate: clock.now(),
      VersionId: row.versionId,
    };
  },
};
