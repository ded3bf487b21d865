import type {
  DeleteBackupVaultLockConfigurationInput,
  DeleteBackupVaultLockConfigurationResult,
} from '../../../../api/generated/backup-types.ts';
import { unlockedVault } from '../../../domain/backups/vault-locks.ts';
import { changeVault } from '../../../domain/backups/vaults.ts';
import type { Operation } from '../../operation.ts';

export const deleteBackupVaultLockConfiguration: Operation<
  DeleteBackupVaultLockConfigurationInput,
  DeleteBackupVaultLockConfigurationResult
> = {
  accepts: ['BackupVaultName'],
  async run({ BackupVaultName: name }, { catalog, caller, clock }) {
    await catalog.write((transaction) =>
      changeVault(transaction, caller, name, (row) => unlockedVault(row, clock.now())),
    );
    return {};
  },
};
