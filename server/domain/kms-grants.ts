/**
 * Grants: what lets another account use a key. Imago knows accounts and no users, so a grantee is
 * an account; a grant counts at once, so that its token says nothing that is not known already.
 */
import { createHash } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { KmsGrantRow, KmsKeyRow } from '../catalog/rows/kms.ts';
import type { Owner } from './viewer.ts';

/** Those that a symmetric key has. */
export const grantOperations = [
  'Decrypt',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyWithoutPlaintext',
  'ReEncryptFrom',
  'ReEncryptTo',
  'CreateGrant',
  'RetireGrant',
  'DescribeKey',
] as const;

export type GrantOperation = (typeof grantOperations)[number];

/** AWS has 50,000; here all of a key's are looked at when another account asks. */
const grantsMax = 1000;
const idChars = 64;

export interface NewGrant {
  grantee: string;
  retiring?: string;
  operations: string[];
  name?: string;
}

export function grantsOf({ kmsGrants }: CatalogReader, keyId: string): Promise<KmsGrantRow[]> {
  return kmsGrants.list({ where: { keyId } });
}

async function grantsTo(reader: CatalogReader, keyId: string, account: string) {
  return (await grantsOf(reader, keyId)).filter(({ grantee }) => grantee === account);
}

/** Whether the key may be known to the account at all. */
export async function hasGrant(
  reader: CatalogReader,
  keyId: string,
  account: string,
): Promise<boolean> {
  return (await grantsTo(reader, keyId, account)).length > 0;
}

export async function isGranted(
  reader: CatalogReader,
  keyId: string,
  account: string,
  operation: GrantOperation,
): Promise<boolean> {
  const grants = await grantsTo(reader, keyId, account);
  return grants.some(({ operations }) => operations.includes(operation));
}

/** One of the same name and content is not made twice. */
export async function createGrant(
  transaction: CatalogTransaction,
  issuer: Owner,
  key: KmsKeyRow,
  asked: NewGrant,
  now: Date,
): Promise<KmsGrantRow> {
  const grants = await grantsOf(transaction, key.id);
  if (issuer.account !== key.account) checkPassedOn(grants, issuer.account, asked);
  const same = asked.name !== undefined && grants.find((grant) => isSame(grant, issuer, asked));
  if (same) return same;
  if (grants.length >= grantsMax) {
    throw new ServiceError('LimitExceededException', `A key has at most ${grantsMax} grants.`);
  }
  const createdAt = now.toISOString();
  const text = JSON.stringify([key.id, issuer.account, asked, createdAt, grants.length]);
  const row = {
    ...asked,
    id: createHash('sha256').update(text).update(key.material).digest('hex').slice(0, idChars),
    account: key.account,
    region: key.region,
    createdAt,
    keyId: key.id,
    issuer: issuer.account,
  };
  await transaction.kmsGrants.insert(row);
  return row;
}

/** Whoever has a key by a grant hands on no more than that. */
function checkPassedOn(grants: readonly KmsGrantRow[], account: string, asked: NewGrant): void {
  const own = grants.filter(
    ({ grantee, operations }) => grantee === account && operations.includes('CreateGrant'),
  );
  const covers = ({ operations }: KmsGrantRow) =>
    asked.operations.every((operation) => operations.includes(operation));
  if (own.some(covers)) return;
  throw new ServiceError(
    'AccessDeniedException',
    `The account ${account} has no grant that it could hand on these operations from.`,
  );
}

function isSame(grant: KmsGrantRow, issuer: Owner, asked: NewGrant): boolean {
  const parts = ({ grantee, retiring, operations, name }: NewGrant) =>
    JSON.stringify([grantee, retiring, [...operations].sort(), name]);
  return grant.issuer === issuer.account && parts(grant) === parts(asked);
}

export async function requiredGrant(
  { kmsGrants }: CatalogReader,
  keyId: string,
  grantId: string,
): Promise<KmsGrantRow> {
  const row = await kmsGrants.get(grantId);
  if (row?.keyId === keyId) return row;
  throw new ServiceError('InvalidGrantIdException', `The grant ${grantId} does not exist.`);
}

/** Its key's owner may, who is named in it for that, and its grantee where it says so. */
export function mayRetire({ account, retiring, grantee, operations }: KmsGrantRow, who: string) {
  if (who === account || who === retiring) return true;
  return who === grantee && operations.includes('RetireGrant');
}

const tokenPattern = /^([0-9a-f-]{36}) ([0-9a-f]{64})$/;

export function grantToken({ keyId, id }: KmsGrantRow): string {
  return Buffer.from(`${keyId} ${id}`).toString('base64url');
}

export function parseGrantToken(token: string): { keyId: string; grantId: string } {
  const [, keyId, grantId] = tokenPattern.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (keyId !== undefined && grantId !== undefined) return { keyId, grantId };
  throw new ServiceError('InvalidGrantTokenException', 'The grant token is not valid.');
}

/** What they stand for counts already, or does not any more. */
export function checkGrantTokens(tokens: readonly string[] = []): void {
  for (const token of tokens) parseGrantToken(token);
}
