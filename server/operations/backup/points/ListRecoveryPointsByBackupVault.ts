import type {
  ListRecoveryPointsByBackupVaultInput,
  ListRecoveryPointsByBackupVaultOutput,
} from '../../../../api/generated/backup-types.ts';
import type { RecoveryPointRow } from '../../../catalog/rows/backup-vault.ts';
import { requiredVault } from '../../../domain/backups/vaults.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { allOf, backupPage, equalFilter, timeFilter } from '../../requests/backup.ts';
import { pointShape } from '../../shapes/backup-vaults.ts';

export const listRecoveryPointsByBackupVault: Operation<
  ListRecoveryPointsByBackupVaultInput,
  ListRecoveryPointsByBackupVaultOutput
> = {
  accepts: [
    'BackupVaultName',
    'BackupVaultAccountId',
    'MaxResults',
    'NextToken',
    'ByResourceArn',
    'ByResourceType',
    'ByBackupPlanId',
    'ByCreatedBefore',
    'ByCreatedAfter',
  ],
  async run(input, { catalog, caller }) {
    const { BackupVaultName: name, BackupVaultAccountId: account } = input;
    const page = backupPage(input, caller, 'ListRecoveryPointsByBackupVault');
    const matches = filterOf(input);
    return catalog.read(async (reader) => {
      const { id: vaultArn } = await requiredVault(reader, caller, name, account);
      const { shown, nextToken } = await readShownPage(
        reader.recoveryPoints,
        { vaultArn },
        page,
        (row) => (matches(row) ? pointShape(row) : undefined),
      );
      return { RecoveryPoints: shown, NextToken: nextToken };
    });
  },
};

function filterOf(input: ListRecoveryPointsByBackupVaultInput): (row: RecoveryPointRow) => boolean {
  const { ByCreatedAfter, ByCreatedBefore } = input;
  return allOf<RecoveryPointRow>([
    equalFilter(({ resourceArn }) => resourceArn, input.ByResourceArn),
    equalFilter(({ resourceType }) => resourceType, input.ByResourceType),
    equalFilter(({ createdBy }) => createdBy?.planId, input.ByBackupPlanId),
    timeFilter(({ createdAt }) => createdAt, ByCreatedAfter, ByCreatedBefore),
  ]);
}
