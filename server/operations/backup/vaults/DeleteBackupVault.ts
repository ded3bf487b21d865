import type {
  DeleteBackupVaultInput,
  DeleteBackupVaultResult,
} from '../../../../api/generated/backup-types.ts';
import { deleteVault } from '../../../domain/backups/vaults.ts';
import type { Operation } from '../../operation.ts';

export const deleteBackupVault: Operation<DeleteBackupVaultInput, DeleteBackupVaultResult> = {
  accepts: ['BackupVaultName'],
  async run({ BackupVaultName: name }, { catalog, caller }) {
    await catalog.write((transaction) => deleteVault(transaction, caller, name));
    return {};
  },
};
