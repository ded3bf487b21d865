/**
 * Backup vaults: names under which an account keeps recovery points in a region. `Default` is there
 * from the account's beginning, and has no row until something of it is changed; it stays.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { BackupVaultRow } from '../../catalog/rows/backup-vault.ts';
import type { Owner } from '../viewer.ts';
import { invalidParameter, invalidRequest, noBackup, vaultArn } from './arns.ts';

/** As documented. */
const namePattern = /^[a-zA-Z0-9\-_]{2,50}$/;
const requestIdPattern = /^[a-zA-Z0-9\-_.]{1,50}$/;

export const defaultVaultName = 'Default';

export async function createVault(
  transaction: CatalogTransaction,
  row: Omit<BackupVaultRow, 'id'>,
): Promise<BackupVaultRow> {
  const { name, creatorRequestId } = row;
  checkVaultName(name);
  checkRequestId(creatorRequestId);
  const id = vaultArn(row, name);
  const known = await transaction.backupVaults.get(id);
  // Asked for once more by who did not hear of it.
  if (known && creatorRequestId !== undefined && known.creatorRequestId === creatorRequestId) {
    return known;
  }
  if (known || name === defaultVaultName) {
    throw new ServiceError(
      'AlreadyExistsException',
      `Backup vault with the same name already exists: ${name}`,
    );
  }
  const made = { id, ...row };
  await transaction.backupVaults.insert(made);
  return made;
}

export function checkRequestId(id: string | undefined): void {
  if (id === undefined || requestIdPattern.test(id)) return;
  throw invalidParameter(`CreatorRequestId '${id}' does not match ${requestIdPattern.source}.`);
}

function checkVaultName(name: string): void {
  if (namePattern.test(name)) return;
  throw invalidParameter(`BackupVaultName '${name}' does not match ${namePattern.source}.`);
}

/** Vaults are seen by their account alone, which may say its number. */
export async function requiredVault(
  reader: CatalogReader,
  owner: Owner,
  name: string,
  account = owner.account,
): Promise<BackupVaultRow> {
  checkVaultName(name);
  const id = vaultArn(owner, name);
  const row = await reader.backupVaults.get(id);
  if (account === owner.account) {
    if (row) return row;
    const known = name === defaultVaultName && (await defaultVault(reader, owner));
    if (known) return known;
  }
  throw noBackup(`Backup vault ${vaultArn({ ...owner, account }, name)} does not exist.`);
}

/** That one which has no row. */
export async function defaultVault(
  { accounts }: CatalogReader,
  { account, region }: Owner,
): Promise<BackupVaultRow | undefined> {
  const row = await accounts.get(account);
  if (!row) return undefined;
  const { createdAt } = row;
  const name = defaultVaultName;
  const id = vaultArn({ account, region }, name);
  return { id, account, region, createdAt, name, tags: {} };
}

/** All of an owner, in order of their ids, from there on. */
export async function* vaultsOf(
  reader: CatalogReader,
  { account, region }: Owner,
  after: string | undefined,
): AsyncGenerator<BackupVaultRow> {
  let implied = await defaultVault(reader, { account, region });
  if (implied && after !== undefined && implied.id <= after) implied = undefined;
  for await (const row of reader.backupVaults.scan({ where: { account, region }, after })) {
    if (implied && implied.id < row.id) yield implied;
    if (implied && implied.id <= row.id) implied = undefined;
    yield row;
  }
  if (implied) yield implied;
}

export async function changeVault(
  transaction: CatalogTransaction,
  owner: Owner,
  name: string,
  change: (row: BackupVaultRow) => BackupVaultRow,
): Promise<BackupVaultRow> {
  const before = await requiredVault(transaction, owner, name);
  const after = change(before);
  if (before.version !== undefined) return transaction.backupVaults.update(after);
  await transaction.backupVaults.insert(after);
  return after;
}

export async function deleteVault(
  transaction: CatalogTransaction,
  owner: Owner,
  name: string,
): Promise<void> {
  const row = await requiredVault(transaction, owner, name);
  if (name === defaultVaultName) {
    throw invalidRequest('The default backup vault cannot be deleted.');
  }
  const count = await pointsIn(transaction, row);
  if (count > 0) {
    throw invalidRequest(
      `Backup vault ${name} cannot be deleted: it contains ${count} recovery points.`,
    );
  }
  await transaction.backupVaults.delete(row.id);
}

export function pointsIn({ recoveryPoints }: CatalogReader, { id }: BackupVaultRow) {
  return recoveryPoints.count({ where: { vaultArn: id } });
}
