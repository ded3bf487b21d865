import type {
  PutBackupVaultLockConfigurationInput,
  PutBackupVaultLockConfigurationResult,
} from '../../../../api/generated/backup-types.ts';
import { lockedVault } from '../../../domain/backups/vault-locks.ts';
import { changeVault } from '../../../domain/backups/vaults.ts';
import type { Operation } from '../../operation.ts';

export const putBackupVaultLockConfiguration: Operation<
  PutBackupVaultLockConfigurationInput,
  PutBackupVaultLockConfigurationResult
> = {
  accepts: ['BackupVaultName', 'MinRetentionDays', 'MaxRetentionDays', 'ChangeableForDays'],
  async run(input, { catalog, caller, clock }) {
    const wish = {
      minRetentionDays: input.MinRetentionDays,
      maxRetentionDays: input.MaxRetentionDays,
      changeableForDays: input.ChangeableForDays,
    };
    await catalog.write((transaction) =>
      changeVault(transaction, caller, input.BackupVaultName, (row) =>
        lockedVault(row, wish, clock.now()),
      ),
    );
    return {};
  },
};
