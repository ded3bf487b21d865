import type {
  ListRecoveryPointsByResourceInput,
  ListRecoveryPointsByResourceOutput,
} from '../../../../api/generated/backup-types.ts';
import { nameOfVault } from '../../../domain/backups/arns.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';
import { pointShape } from '../../shapes/backup-vaults.ts';

export const listRecoveryPointsByResource: Operation<
  ListRecoveryPointsByResourceInput,
  ListRecoveryPointsByResourceOutput
> = {
  accepts: ['ResourceArn', 'MaxResults', 'NextToken'],
  // There are no others.
  fixed: { ManagedByAWSBackupOnly: [true, false] },
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const where = { account, region, resourceArn: input.ResourceArn };
    const page = backupPage(input, caller, 'ListRecoveryPointsByResource');
    const { shown, nextToken } = await catalog.read(({ recoveryPoints }) =>
      readShownPage(recoveryPoints, where, page, (row) => {
        const { RecoveryPointArn, CreationDate, Status, ResourceName, VaultType } = pointShape(row);
        return {
          RecoveryPointArn,
          CreationDate,
          Status,
          ResourceName,
          VaultType,
          BackupVaultName: nameOfVault(row),
          BackupSizeBytes: row.sizeBytes,
          IsParent: false,
        };
      }),
    );
    return { RecoveryPoints: shown, NextToken: nextToken };
  },
};
