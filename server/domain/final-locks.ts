/**
 * Locks of vaults and of snapshots that may be changed until a date, and then no more: also where
 * the clock is set back afterwards. That the date has passed is written down once rounds have found
 * it past for a day, so that a clock that was ahead for less than that makes nothing final.
 */
import type { Catalog, CatalogTransaction } from '../catalog/catalog.ts';
import type { DatedLock } from '../catalog/rows/lock-date.ts';
import { coolOffEnd } from '../catalog/rows/snapshot.ts';

const dayMs = 24 * 60 * 60_000;
const atOnce = 100;

/** Nobody changes it. */
export function isPastChange(lock: DatedLock, date: string | undefined, now: Date): boolean {
  if (date === undefined) return false;
  return lock.isFinal === true || date <= now.toISOString();
}

/** What a round makes of it; the same where there is nothing to be changed. */
export function lookedAt<Lock extends DatedLock>(lock: Lock, date: string, now: Date): Lock {
  const { passedAt, ...rest } = lock;
  const at = now.toISOString();
  if (lock.isFinal) return lock;
  if (date > at) return passedAt === undefined ? lock : (rest as Lock);
  if (passedAt === undefined || passedAt > at) return { ...lock, passedAt: at };
  if (now.getTime() - Date.parse(passedAt) < dayMs) return lock;
  return { ...rest, isFinal: true } as Lock;
}

export async function makeLocksFinal(catalog: Catalog, now: Date): Promise<void> {
  await lookAtAll(catalog, 'backupVaults', now, async ({ backupVaults }, id) => {
    const row = await backupVaults.get(id);
    if (row?.lock?.lockDate === undefined) return;
    const lock = lookedAt(row.lock, row.lock.lockDate, now);
    if (lock !== row.lock) await backupVaults.update({ ...row, lock });
  });
  await lookAtAll(catalog, 'snapshots', now, async ({ snapshots }, id) => {
    const row = await snapshots.get(id);
    const date = row?.lock && coolOffEnd(row.lock);
    if (!row?.lock || date === undefined) return;
    const lock = lookedAt(row.lock, date, now);
    if (lock !== row.lock) await snapshots.update({ ...row, lock });
  });
}

async function lookAtAll(
  catalog: Catalog,
  table: 'backupVaults' | 'snapshots',
  now: Date,
  look: (transaction: CatalogTransaction, id: string) => Promise<void>,
): Promise<void> {
  let after: { value: string; id: string } | undefined;
  for (;;) {
    const range = { prefix: '', after, limit: atOnce };
    const keys = await catalog.read((reader) => reader[table].listKeys('lockLook', range));
    const due = keys.filter(({ value }) => value <= now.toISOString());
    if (due.length === 0) return;
    await catalog.write(async (transaction) => {
      for (const { id } of due) await look(transaction, id);
    });
    after = due.at(-1);
  }
}
