/**
 * Vault lock. While a vault has one, nobody deletes a recovery point of it or changes its lifecycle,
 * and what is put into it is kept neither shorter nor longer than the lock says. Until its lock date
 * whoever has the vault changes the lock or takes it away; from then on nobody does, an operator of
 * this Imago neither.
 */
import type { BackupVaultRow, PointLifecycle, VaultLock } from '../../catalog/rows/backup-vault.ts';
import { isPastChange } from '../final-locks.ts';
import { invalidParameter, invalidRequest } from './arns.ts';

/** As documented. */
const daysMax = 36_500;
const coolOffDaysMin = 3;
const dayMs = 24 * 60 * 60_000;

export interface LockWish {
  minRetentionDays?: number;
  maxRetentionDays?: number;
  /** It can be changed for so long. */
  changeableForDays?: number;
}

export function lockedVault(row: BackupVaultRow, wish: LockWish, now: Date): BackupVaultRow {
  checkChangeable(row, now);
  const { minRetentionDays, maxRetentionDays, changeableForDays } = wish;
  checkDays('MinRetentionDays', minRetentionDays, 1);
  checkDays('MaxRetentionDays', maxRetentionDays, minRetentionDays ?? 1);
  checkDays('ChangeableForDays', changeableForDays, coolOffDaysMin);
  const lock: VaultLock = { minRetentionDays, maxRetentionDays };
  if (changeableForDays !== undefined) {
    lock.lockDate = new Date(now.getTime() + changeableForDays * dayMs).toISOString();
  }
  return { ...row, lock };
}

export function unlockedVault(row: BackupVaultRow, now: Date): BackupVaultRow {
  checkChangeable(row, now);
  const { lock: _, ...rest } = row;
  return rest;
}

function checkDays(member: string, days: number | undefined, least: number): void {
  if (days === undefined) return;
  if (Number.isInteger(days) && days >= least && days <= daysMax) return;
  throw invalidParameter(`${member} must be from ${least} to ${daysMax}: ${days}.`);
}

function checkChangeable({ name, lock }: BackupVaultRow, now: Date): void {
  if (!lock || !isPastChange(lock, lock.lockDate, now)) return;
  throw invalidRequest(
    `The lock of the backup vault ${name} cannot be changed or deleted since ${lock.lockDate}.`,
  );
}

/** What is in it is neither deleted nor kept otherwise. */
export function checkUnlockedVault({ name, lock }: BackupVaultRow): void {
  if (!lock) return;
  throw invalidRequest(
    `The backup vault ${name} is locked: its recovery points are neither deleted nor changed.`,
  );
}

/** Of what comes into the vault. */
export function checkRetention(vault: BackupVaultRow, lifecycle: PointLifecycle | undefined): void {
  const { minRetentionDays = 1, maxRetentionDays = Number.POSITIVE_INFINITY } = vault.lock ?? {};
  const days = lifecycle?.deleteAfterDays ?? Number.POSITIVE_INFINITY;
  if (days >= minRetentionDays && days <= maxRetentionDays) return;
  const wanted = Number.isFinite(days) ? `${days} days` : 'without end';
  const most = Number.isFinite(maxRetentionDays) ? ` and at most ${maxRetentionDays}` : '';
  throw invalidParameter(
    `The backup vault ${vault.name} is locked and keeps recovery points for at least ${minRetentionDays} days${most}, and this one would be kept ${wanted}.`,
  );
}

export function checkedLifecycle(asked: PointLifecycle | undefined): PointLifecycle | undefined {
  const days = asked?.deleteAfterDays;
  // AWS's way to say that there is no end.
  if (days === undefined || days === -1) return undefined;
  checkDays('DeleteAfterDays', days, 1);
  return { deleteAfterDays: days };
}
