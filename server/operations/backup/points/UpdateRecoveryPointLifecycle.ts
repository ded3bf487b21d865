import type {
  UpdateRecoveryPointLifecycleInput,
  UpdateRecoveryPointLifecycleOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredPoint } from '../../../domain/backups/recovery-points.ts';
import { checkedLifecycle, checkUnlockedVault } from '../../../domain/backups/vault-locks.ts';
import { requiredVault } from '../../../domain/backups/vaults.ts';
import type { Operation } from '../../operation.ts';
import { lifecycleOf } from '../../requests/backup.ts';
import { lifecycleShape } from '../../shapes/backup-vaults.ts';

export const updateRecoveryPointLifecycle: Operation<
  UpdateRecoveryPointLifecycleInput,
  UpdateRecoveryPointLifecycleOutput
> = {
  accepts: ['BackupVaultName', 'RecoveryPointArn', 'Lifecycle.DeleteAfterDays'],
  async run(input, { catalog, caller }) {
    const { BackupVaultName: vault, RecoveryPointArn: arn } = input;
    const lifecycle = checkedLifecycle(lifecycleOf(input.Lifecycle));
    const row = await catalog.write(async (transaction) => {
      const point = await requiredPoint(transaction, caller, vault, arn);
      checkUnlockedVault(await requiredVault(transaction, caller, vault));
      const { heldUntil: _, lifecycle: __, ...kept } = point;
      return transaction.recoveryPoints.update({ ...kept, ...(lifecycle && { lifecycle }) });
    });
    return { BackupVaultArn: row.vaultArn, RecoveryPointArn: arn, ...lifecycleShape(row) };
  },
};
