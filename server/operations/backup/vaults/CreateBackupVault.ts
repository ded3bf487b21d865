import type {
  CreateBackupVaultInput,
  CreateBackupVaultOutput,
} from '../../../../api/generated/backup-types.ts';
import { createVault } from '../../../domain/backups/vaults.ts';
import type { Operation } from '../../operation.ts';
import { backupTags } from '../../requests/backup.ts';

export const createBackupVault: Operation<CreateBackupVaultInput, CreateBackupVaultOutput> = {
  accepts: ['BackupVaultName', 'BackupVaultTags', 'CreatorRequestId'],
  async run(input, { catalog, caller, clock }) {
    const { BackupVaultName: name, CreatorRequestId: creatorRequestId } = input;
    const { account, region } = caller;
    const createdAt = clock.now().toISOString();
    const tags = backupTags(input.BackupVaultTags);
    const row = { account, region, createdAt, name, creatorRequestId, tags };
    const made = await catalog.write((transaction) => createVault(transaction, row));
    return {
      BackupVaultName: name,
      BackupVaultArn: made.id,
      CreationDate: new Date(made.createdAt),
    };
  },
};
