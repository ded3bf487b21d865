import type {
  CreateBackupSelectionInput,
  CreateBackupSelectionOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPlan } from '../../../domain/backups/plans.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import type { Operation } from '../../operation.ts';
import { creatorCall, lost, selectionRow } from '../../requests/backup-plan.ts';

export const createBackupSelection: Operation<
  CreateBackupSelectionInput,
  CreateBackupSelectionOutput
> = {
  accepts: ['BackupPlanId', 'BackupSelection', 'CreatorRequestId'],
  async run(input, { catalog, caller, clock, ids }) {
    const { BackupPlanId: planId, CreatorRequestId: creatorRequestId } = input;
    const { account, region } = caller;
    const now = clock.now();
    const createdAt = now.toISOString();
    const about = { id: ids.uuid(), account, region, createdAt, planId, creatorRequestId };
    const row = { ...about, ...selectionRow(input.BackupSelection) };
    const made = await catalog.write(async (transaction) => {
      await requiredPlan(transaction, caller, planId);
      const call = creatorCall(caller, 'backup.CreateBackupSelection', input, now);
      const [id = ''] = await idempotently(transaction, call, async () => {
        await transaction.backupSelections.insert(row);
        return [row.id];
      });
      return (await transaction.backupSelections.get(id)) ?? lost('selection', id);
    });
    return {
      SelectionId: made.id,
      BackupPlanId: planId,
      CreationDate: new Date(made.createdAt),
    };
  },
};
