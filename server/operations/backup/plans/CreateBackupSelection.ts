import type {
  CreateBackupSelectionInput,
  CreateBackupSelectionOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan } from '../../../domain/backups/plans.ts';
import type { Operation } from '../../operation.ts';
import { selectionRow } from '../../requests/backup-plan.ts';

export const createBackupSelection: Operation<
  CreateBackupSelectionInput,
  CreateBackupSelectionOutput
> = {
  accepts: ['BackupPlanId', 'BackupSelection', 'CreatorRequestId'],
  async run(input, { catalog, caller, clock, ids }) {
    const { BackupPlanId: planId, CreatorRequestId: creatorRequestId } = input;
    const { account, region } = caller;
    const createdAt = clock.now().toISOString();
    const about = { id: ids.uuid(), account, region, createdAt, planId, creatorRequestId };
    const row = { ...about, ...selectionRow(input.BackupSelection) };
    await catalog.write(async (transaction) => {
      await requiredPlan(transaction, caller, planId);
      await transaction.backupSelections.insert(row);
    });
    return { SelectionId: row.id, BackupPlanId: planId, CreationDate: new Date(createdAt) };
  },
};
