/** Legal holds as AWS Backup answers them. */
import type { GetLegalHoldOutput, LegalHold } from '../../../api/generated/backup-types.ts';
import type { LegalHoldRow } from '../../catalog/rows/legal-hold.ts';
import { date } from './backup-vaults.ts';

export function holdShape(row: LegalHoldRow): LegalHold {
  const { account, region } = row;
  return {
    Title: row.title,
    Status: row.status,
    Description: row.description,
    LegalHoldId: row.id,
    LegalHoldArn: `arn:aws:backup:${region}:${account}:legal-hold:${row.id}`,
    CreationDate: new Date(row.createdAt),
    CancellationDate: date(row.cancelledAt),
  };
}

export function describedHold(row: LegalHoldRow): GetLegalHoldOutput {
  const { vaultNames, resourceArns, from, to } = row.selection;
  const DateRange = from === undefined || to === undefined ? undefined : range(from, to);
  return {
    ...holdShape(row),
    CancelDescription: row.cancelDescription,
    RetainRecordUntil: date(row.retainedUntil),
    RecoveryPointSelection: {
      VaultNames: vaultNames,
      ResourceIdentifiers: resourceArns,
      DateRange,
    },
  };
}

function range(from: string, to: string) {
  return { FromDate: new Date(from), ToDate: new Date(to) };
}
