/**
 * Sessions: temporary credentials of an account, an access key with a token that says so. One is
 * good until it expires, is ended, or the access key that asked for it is not active any more. A
 * sign-in is a session of a minute that can do nothing but be exchanged, once, for one that lasts:
 * what a link may carry.
 */
import { randomBytes } from 'node:crypto';
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogTransaction } from '../catalog/catalog.ts';
import type { SessionRow } from '../catalog/rows/account.ts';
import { type KeyHolder, newKey } from './access-keys.ts';
import type { Clock } from './identity.ts';

/** The shortest is STS's; the longest is what a console asks for. */
export const sessionSeconds = { min: 900, usual: 43_200, max: 43_200 } as const;
export const signInSeconds = 60;

/** Of an account, so that a client that loops fills no disk. */
const sessionsMax = 1000;
const tokenBytes = 60;
const removedAtOnce = 500;

export async function beginSession(
  transaction: CatalogTransaction,
  caller: KeyHolder,
  { clock, seconds, signIn }: { clock: Clock; seconds: number; signIn?: true },
): Promise<SessionRow> {
  const { sessions } = transaction;
  const now = clock.now();
  if ((await countLiving(transaction, caller.account, now)) >= sessionsMax) {
    throw new ServiceError(
      'LimitExceeded',
      `Account ${caller.account} has ${sessionsMax} sessions, which is the most: end some, or wait until they expire.`,
    );
  }
  const row: SessionRow = {
    ...newKey('ASIA'),
    account: caller.account,
    parent: caller.sessionOf ?? caller.accessKeyId,
    sessionToken: randomBytes(tokenBytes).toString('base64'),
    createdAt: now.toISOString(),
    expiresAt: new Date(now.getTime() + seconds * 1000).toISOString(),
    signIn,
  };
  await sessions.insert(row);
  return row;
}

/** Where there are many, those that have expired make room first. */
async function countLiving(
  { sessions }: CatalogTransaction,
  account: string,
  now: Date,
): Promise<number> {
  const where = { account };
  const count = await sessions.count({ where });
  if (count < sessionsMax) return count;
  const over = (await sessions.list({ where })).filter((row) => hasExpired(row, now));
  for (const { id } of over) await sessions.delete(id);
  return count - over.length;
}

export function hasExpired({ expiresAt }: SessionRow, now: Date): boolean {
  return expiresAt <= now.toISOString();
}

/** Only who has an access key gives sessions out: else a session would never end. */
export function checkHasKey(caller: KeyHolder, action: string): void {
  if (caller.sessionOf === undefined) return;
  throw new ServiceError('AccessDenied', `Cannot call ${action} with session credentials`);
}

/** The link's is used up, whatever becomes of the answer. */
export async function exchangeSignIn(
  transaction: CatalogTransaction,
  caller: KeyHolder,
  { clock, seconds }: { clock: Clock; seconds: number },
): Promise<SessionRow> {
  await transaction.sessions.delete(caller.accessKeyId);
  return beginSession(transaction, caller, { clock, seconds });
}

export async function removeSession(
  { sessions }: CatalogTransaction,
  caller: KeyHolder,
  id: string,
): Promise<void> {
  const row = await sessions.get(id);
  if (!row || row.account !== caller.account) {
    throw new ServiceError('NoSuchEntity', `The session '${id}' does not exist.`);
  }
  await sessions.delete(id);
}

/** Those that have expired are gone for whoever asks already. */
export async function removeExpiredSessions(catalog: Catalog, now: Date): Promise<void> {
  for (;;) {
    const oldest = await catalog.read(({ sessions }) =>
      sessions.listKeys('expires', { prefix: '', limit: removedAtOnce }),
    );
    const over = oldest.filter(({ value }) => value <= now.toISOString());
    if (over.length === 0) return;
    await catalog.write(async ({ sessions }) => {
      for (const { id } of over) await sessions.delete(id);
    });
  }
}
