/**
 * What has tags in AWS Backup: vaults, plans, legal holds, and recovery points, whose are their
 * images'.
 */
import type { CatalogReader, CatalogTransaction, Table } from '../../catalog/catalog.ts';
import type { OwnedRow, Tags } from '../../catalog/rows/row.ts';
import { isOwn, type Owner } from '../viewer.ts';
import { idOfPoint, noBackup } from './arns.ts';
import { planArn } from './plans.ts';
import { defaultVaultName, requiredVault } from './vaults.ts';

type TaggedTable =
  | 'backupVaults'
  | 'backupPlans'
  | 'legalHolds'
  | 'restoreTestingPlans'
  | 'images'
  | 'snapshots';

interface Found {
  table: TaggedTable;
  row: OwnedRow & { tags: Tags };
}

const kindPattern =
  /^arn:aws[^:]*:backup:[^:]+:[0-9]{12}:(backup-vault|backup-plan|legal-hold|restore-testing-plan):(.+)$/;

async function found(reader: CatalogReader, owner: Owner, arn: string): Promise<Found> {
  const [, kind, name = ''] = kindPattern.exec(arn) ?? [];
  let table: TaggedTable = 'images';
  let row: Found['row'] | undefined;
  if (kind === 'backup-vault') {
    table = 'backupVaults';
    row = await reader.backupVaults.get(arn);
    if (!row && name === defaultVaultName) {
      const implied = await requiredVault(reader, owner, name);
      if (implied.id === arn) row = implied;
    }
  } else if (kind === 'backup-plan') {
    table = 'backupPlans';
    const plan = await reader.backupPlans.get(name);
    if (plan && planArn(plan) === arn) row = plan;
  } else if (kind === 'legal-hold') {
    table = 'legalHolds';
    row = await reader.legalHolds.get(name);
  } else if (kind === 'restore-testing-plan') {
    table = 'restoreTestingPlans';
    row = await reader.restoreTestingPlans.get(arn);
  } else if (await reader.recoveryPoints.get(arn)) {
    row = await reader.images.get(idOfPoint(arn));
    if (!row) {
      table = 'snapshots';
      row = await reader.snapshots.get(idOfPoint(arn));
    }
  }
  if (!row || !isOwn(owner, row)) throw noBackup(`The resource ${arn} does not exist.`);
  return { table, row };
}

export async function tagsOf(reader: CatalogReader, owner: Owner, arn: string): Promise<Tags> {
  return (await found(reader, owner, arn)).row.tags;
}

export async function changeTagsOf(
  transaction: CatalogTransaction,
  owner: Owner,
  arn: string,
  change: (tags: Tags) => Tags,
): Promise<void> {
  const { table, row } = await found(transaction, owner, arn);
  // The row came from this very table.
  const rows = transaction[table] as unknown as Table<'backupVaults'>;
  const changed = { ...row, tags: change(row.tags) } as never;
  if (row.version === undefined) await rows.insert(changed);
  else await rows.update(changed);
}
