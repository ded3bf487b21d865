/** Aliases of keys: names that can be given to another key. `alias/aws/…` are the service's own. */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { aliasRowId, type KmsAliasRow, type KmsKeyRow } from '../catalog/rows/kms.ts';
import type { Owner } from './viewer.ts';

const namePattern = /^alias\/[A-Za-z0-9/_-]{1,250}$/;
/** AWS's. */
const aliasesOfKeyMax = 50;

export function aliasArn({ account, region, name }: Owner & { name: string }): string {
  return `arn:aws:kms:${region}:${account}:${name}`;
}

function checkName(name: string): void {
  if (!namePattern.test(name)) {
    throw invalidName(
      'Alias must start with the prefix "alias/". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html',
    );
  }
  if (name.startsWith('alias/aws/')) throw invalidName('Aliases of alias/aws/ are reserved.');
}

function invalidName(message: string): ServiceError {
  return new ServiceError('InvalidAliasNameException', message);
}

export async function createAlias(
  transaction: CatalogTransaction,
  key: KmsKeyRow,
  name: string,
  now: Date,
): Promise<void> {
  checkName(name);
  const { account, region } = key;
  const { kmsAliases } = transaction;
  const id = aliasRowId(key, name);
  if (await kmsAliases.get(id)) {
    throw new ServiceError(
      'AlreadyExistsException',
      `An alias with the name ${aliasArn({ account, region, name })} already exists`,
    );
  }
  await checkRoom(transaction, key.id);
  const createdAt = now.toISOString();
  await kmsAliases.insert({
    id,
    account,
    region,
    createdAt,
    updatedAt: createdAt,
    name,
    keyId: key.id,
  });
}

export async function updateAlias(
  transaction: CatalogTransaction,
  key: KmsKeyRow,
  name: string,
  now: Date,
): Promise<void> {
  const row = await requiredAlias(transaction, key, name);
  if (row.keyId !== key.id) await checkRoom(transaction, key.id);
  await transaction.kmsAliases.update({ ...row, keyId: key.id, updatedAt: now.toISOString() });
}

export async function deleteAlias(
  transaction: CatalogTransaction,
  owner: Owner,
  name: string,
): Promise<void> {
  const { id } = await requiredAlias(transaction, owner, name);
  await transaction.kmsAliases.delete(id);
}

async function requiredAlias(
  { kmsAliases }: CatalogTransaction,
  { account, region }: Owner,
  name: string,
): Promise<KmsAliasRow> {
  checkName(name);
  const row = await kmsAliases.get(aliasRowId({ account, region }, name));
  if (row) return row;
  throw new ServiceError(
    'NotFoundException',
    `Alias ${aliasArn({ account, region, name })} is not found.`,
  );
}

async function checkRoom({ kmsAliases }: CatalogTransaction, keyId: string): Promise<void> {
  if ((await kmsAliases.count({ where: { keyId } })) < aliasesOfKeyMax) return;
  throw new ServiceError('LimitExceededException', `A key has at most ${aliasesOfKeyMax} aliases.`);
}
