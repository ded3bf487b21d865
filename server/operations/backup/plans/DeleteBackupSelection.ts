import type {
  DeleteBackupSelectionInput,
  DeleteBackupSelectionResult,
} from '../../../../api/generated/backup-types.ts';
import { requiredSelection } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';

export const deleteBackupSelection: Operation<
  DeleteBackupSelectionInput,
  DeleteBackupSelectionResult
> = {
  accepts: ['BackupPlanId', 'SelectionId'],
  async run({ BackupPlanId: planId, SelectionId: id }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      await requiredSelection(transaction, caller, planId, id);
      await transaction.backupSelections.delete(id);
    });
    return {};
  },
};
