import type {
  ListBackupVaultsInput,
  ListBackupVaultsOutput,
} from '../../../../api/generated/backup-types.ts';
import { vaultsOf } from '../../../domain/backups/vaults.ts';
import { pageOfStream } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { vaultShape } from '../../shapes/backup-vaults.ts';

/** Nobody shares vaults. */
export const listBackupVaults: Operation<ListBackupVaultsInput, ListBackupVaultsOutput> = {
  accepts: ['MaxResults', 'NextToken'],
  fixed: { ByVaultType: 'BACKUP_VAULT', ByShared: false },
  async run(input, { catalog, caller }) {
    const page = backupPage(input, caller, 'ListBackupVaults');
    return catalog.read(async (reader) => {
      const rows = vaultsOf(reader, caller, page.after);
      const { shown, nextToken } = await pageOfStream(rows, page, (row) => row);
      const BackupVaultList = [];
      for (const row of shown) BackupVaultList.push(await vaultShape(reader, row));
      return { BackupVaultList, NextToken: nextToken };
    });
  },
};
