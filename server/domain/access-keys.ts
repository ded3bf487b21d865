/**
 * Access keys: an account has up to two, so that one can replace the other while both are good. A
 * key is active or not; who signs with one, or with a session of it (sessions.ts), can neither
 * disable nor delete that very key, so that nobody locks himself out and an operator's is always
 * left.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { AccountRow, CredentialRow, SessionRow } from '../catalog/rows/account.ts';
import { checkIsCustomer, groupsOf, notPermitted, requiredAccount } from './accounts.ts';
import type { Clock } from './identity.ts';

/** IAM's quota of a user. */
const keysMax = 2;

const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const idRandomChars = 16;
/** 240 bits: 40 characters of base64. */
const secretBytes = 30;

/** `ASIA` is a session's. */
export function newKey(kind: 'AKIA' | 'ASIA'): { id: string; secretAccessKey: string } {
  const random = Array.from({ length: idRandomChars }, () => base32[randomInt(base32.length)]);
  const secretAccessKey = randomBytes(secretBytes).toString('base64');
  return { id: `${kind}${random.join('')}`, secretAccessKey };
}

export function newCredential(account: string, createdAt: string): CredentialRow {
  return { ...newKey('AKIA'), account, createdAt };
}

export interface KnownCredential {
  account: string;
  secretAccessKey: string;
  operator: boolean;
  groups: readonly string[];
  /** Its account is disabled. */
  blocked: boolean;
  session?: SessionRow;
}

/** For the check of signatures; a disabled key is as good as none, an expired session as well. */
export function findCredential(
  catalog: Catalog,
  accessKeyId: string,
  clock: Clock,
): Promise<KnownCredential | undefined> {
  return catalog.read((reader) => knownCredential(reader, accessKeyId, clock));
}

async function knownCredential(
  { accounts, credentials, sessions }: CatalogReader,
  id: string,
  clock: Clock,
): Promise<KnownCredential | undefined> {
  const session = id.startsWith('ASIA') ? await sessions.get(id) : undefined;
  if (session && session.expiresAt <= clock.now().toISOString()) return undefined;
  const key = await credentials.get(session?.parent ?? id);
  const account = key && !key.disabled ? await accounts.get(key.account) : undefined;
  if (!key || !account) return undefined;
  return {
    account: account.id,
    secretAccessKey: (session ?? key).secretAccessKey,
    operator: account.operator ?? false,
    groups: groupsOf(account),
    blocked: account.disabled ?? false,
    session,
  };
}

/** Who asks. */
export interface KeyHolder {
  account: string;
  accessKeyId: string;
  operator: boolean;
  /** `accessKeyId` is a session's: the access key that asked for it. */
  sessionOf?: string;
}

/**
 * The same catalog for a request of this caller: whatever it writes, it writes as one who still
 * may. Its key, its account or its rights can be gone since its signature was verified, be it that
 * its body took long. Thus two operators who disable each other at once do not both succeed, and an
 * account that is deleted gets nothing more.
 */
export function whileAllowed(catalog: Catalog, caller: KeyHolder, clock: Clock): Catalog {
  return {
    read: (work) => catalog.read(work),
    close: () => catalog.close(),
    write: (work) =>
      catalog.write(async (transaction) => {
        await checkStillAllowed(transaction, caller, clock);
        return work(transaction);
      }),
  };
}

async function checkStillAllowed(
  reader: CatalogReader,
  caller: KeyHolder,
  clock: Clock,
): Promise<void> {
  const now = await knownCredential(reader, caller.accessKeyId, clock);
  if (!now) throw new ServiceError('AuthFailure', 'The access key of this request is not active.');
  if (now.blocked) throw blockedAccount();
  if (caller.operator && !now.operator) throw notAllowed('The rights of an operator are gone.');
}

export function blockedAccount(): ServiceError {
  return new ServiceError(
    'Blocked',
    'Your account is currently blocked: the operator disabled it.',
  );
}

function notAllowed(message: string): ServiceError {
  return new ServiceError('AccessDeniedException', message);
}

/** Its own, or any that an operator names. Others are not told whether there is such an account. */
export async function accountOfCaller(
  reader: CatalogReader,
  caller: KeyHolder,
  named: string | undefined,
): Promise<AccountRow> {
  const own = await requiredAccount(reader, caller.account);
  if (named === undefined || named === own.id || named === own.name) return own;
  if (caller.operator) return requiredAccount(reader, named);
  throw notAllowed(`You are not authorized for account '${named}': you see your own.`);
}

export async function makeKey(
  { credentials }: CatalogTransaction,
  account: AccountRow,
  clock: Clock,
): Promise<CredentialRow> {
  checkIsCustomer(account);
  if ((await credentials.count({ where: { account: account.id } })) >= keysMax) {
    throw new ServiceError(
      'LimitExceeded',
      `Account ${account.id} has ${keysMax} access keys, which is the most: delete one first.`,
    );
  }
  const row = newCredential(account.id, clock.now().toISOString());
  await credentials.insert(row);
  return row;
}

/** Of the caller's account, or of any that an operator names. */
async function requiredKey(
  { credentials }: CatalogReader,
  caller: KeyHolder,
  id: string,
): Promise<CredentialRow> {
  const row = await credentials.get(id);
  if (row && (caller.operator || row.account === caller.account)) return row;
  throw new ServiceError('NoSuchEntity', `The access key '${id}' does not exist.`);
}

export async function setKeyDisabled(
  transaction: CatalogTransaction,
  caller: KeyHolder,
  id: string,
  disabled: boolean,
): Promise<CredentialRow> {
  const row = await requiredKey(transaction, caller, id);
  if (disabled) checkNotInHand(caller, id);
  return transaction.credentials.update({ ...row, disabled: disabled || undefined });
}

export async function deleteKey(
  transaction: CatalogTransaction,
  caller: KeyHolder,
  id: string,
): Promise<void> {
  await requiredKey(transaction, caller, id);
  checkNotInHand(caller, id);
  await transaction.credentials.delete(id);
  const { sessions } = transaction;
  for (const { id: session } of await sessions.list({ where: { parent: id } })) {
    await sessions.delete(session);
  }
}

function checkNotInHand({ accessKeyId, sessionOf }: KeyHolder, id: string): void {
  if (id !== (sessionOf ?? accessKeyId)) return;
  throw notPermitted(
    `This request is signed with the access key ${id}: sign with another one to disable or delete it.`,
  );
}
