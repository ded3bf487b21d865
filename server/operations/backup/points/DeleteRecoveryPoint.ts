import type {
  DeleteRecoveryPointInput,
  DeleteRecoveryPointResult,
} from '../../../../api/generated/backup-types.ts';
import { deletePoint } from '../../../domain/backups/remove-points.ts';
import type { Operation } from '../../operation.ts';

/** With it goes its image, or its snapshot. */
export const deleteRecoveryPoint: Operation<DeleteRecoveryPointInput, DeleteRecoveryPointResult> = {
  accepts: ['BackupVaultName', 'RecoveryPointArn'],
  async run({ BackupVaultName: vaultName, RecoveryPointArn: arn }, { catalog, caller, clock }) {
    await catalog.write((transaction) =>
      deletePoint(transaction, caller, { vaultName, arn }, clock.now()),
    );
    return {};
  },
};
