import type {
  DescribeBackupVaultInput,
  DescribeBackupVaultOutput,
} from '../../../../api/generated/backup-types.ts';
import { requiredVault } from '../../../domain/backups/vaults.ts';
import type { Operation } from '../../operation.ts';
import { vaultShape } from '../../shapes/backup-vaults.ts';

export const describeBackupVault: Operation<DescribeBackupVaultInput, DescribeBackupVaultOutput> = {
  accepts: ['BackupVaultName', 'BackupVaultAccountId'],
  async run({ BackupVaultName: name, BackupVaultAccountId: account }, { catalog, caller }) {
    return catalog.read(async (reader) =>
      vaultShape(reader, await requiredVault(reader, caller, name, account)),
    );
  },
};
