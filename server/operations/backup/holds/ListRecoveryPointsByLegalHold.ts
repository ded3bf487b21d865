import type {
  ListRecoveryPointsByLegalHoldInput,
  ListRecoveryPointsByLegalHoldOutput,
} from '../../../../api/generated/backup-types.ts';
import { nameOfVault } from '../../../domain/backups/arns.ts';
import { isHeldBy, requiredHold } from '../../../domain/backups/legal-holds.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { backupPage } from '../../requests/backup.ts';

export const listRecoveryPointsByLegalHold: Operation<
  ListRecoveryPointsByLegalHoldInput,
  ListRecoveryPointsByLegalHoldOutput
> = {
  accepts: ['LegalHoldId', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = backupPage(input, caller, 'ListRecoveryPointsByLegalHold');
    return catalog.read(async (reader) => {
      const hold = await requiredHold(reader, caller, input.LegalHoldId);
      const { shown, nextToken } = await readShownPage(
        reader.recoveryPoints,
        { account, region },
        page,
        (row) =>
          hold.status === 'ACTIVE' && isHeldBy(hold, row)
            ? {
                RecoveryPointArn: row.id,
                ResourceArn: row.resourceArn,
                ResourceType: row.resourceType,
                BackupVaultName: nameOfVault(row),
              }
            : undefined,
      );
      return { RecoveryPoints: shown, NextToken: nextToken };
    });
  },
};
