/**
 * Locks of snapshots, which keep them from being deleted until they expire:
 *
 *   governance           its owner may unlock it and change the lock
 *   compliance-cooloff   the same, until the cooling-off period is over
 *   compliance           the lock may only be made longer
 *   expired              as good as none
 *
 * A duration counts from when the snapshot is locked, and completed.
 */
import { ServiceError } from '../../api/service-error.ts';
import { coolOffEnd, type SnapshotLock, type SnapshotRow } from '../catalog/rows/snapshot.ts';
import { isPastChange } from './final-locks.ts';

const dayMs = 24 * 60 * 60_000;
/** EC2's limits. */
const durationMaxDays = 36_500;
const coolOffMaxHours = 72;

export type LockState = 'governance' | 'compliance-cooloff' | 'compliance' | 'expired';

export interface LockOrder {
  mode: 'governance' | 'compliance';
  coolOffHours?: number;
  durationDays?: number;
  expiresAt?: Date;
}

/** When the lock is what; absent is what is not known before the snapshot is completed. */
export interface LockTimes {
  state: LockState;
  startedAt?: Date;
  expiresAt?: Date;
  durationDays?: number;
  coolOffUntil?: Date;
}

export function lockTimes(
  { completedAt }: Pick<SnapshotRow, 'completedAt'>,
  lock: SnapshotLock,
  now: Date,
): LockTimes {
  const { since, mode } = lock;
  const begins = completedAt === undefined || completedAt < since ? since : completedAt;
  const startedAt = completedAt === undefined ? undefined : new Date(begins);
  const expiresAt = lock.expiresAt
    ? new Date(lock.expiresAt)
    : startedAt && lock.durationDays && new Date(startedAt.getTime() + lock.durationDays * dayMs);
  const days = expiresAt && Math.ceil((expiresAt.getTime() - Date.parse(begins)) / dayMs);
  const coolOffUntil = coolOffEnd(lock);
  const cooling = coolOffUntil !== undefined && !isPastChange(lock, coolOffUntil, now);
  const whileLocked = mode === 'compliance' && cooling ? 'compliance-cooloff' : mode;
  return {
    state: expiresAt && expiresAt <= now ? 'expired' : whileLocked,
    startedAt,
    expiresAt: expiresAt || undefined,
    durationDays: lock.durationDays ?? (days || undefined),
    coolOffUntil: coolOffUntil === undefined ? undefined : new Date(coolOffUntil),
  };
}

/** Undefined: it never was locked. */
export function lockState(snapshot: SnapshotRow, now: Date): LockState | undefined {
  return snapshot.lock && lockTimes(snapshot, snapshot.lock, now).state;
}

export function isLocked(snapshot: SnapshotRow, now: Date): boolean {
  return !['expired', undefined].includes(lockState(snapshot, now));
}

export function checkUnlocked(snapshot: SnapshotRow, now: Date): void {
  if (!isLocked(snapshot, now)) return;
  throw new ServiceError('SnapshotLocked', `The snapshot ${snapshot.id} is locked.`);
}

export function locked(snapshot: SnapshotRow, order: LockOrder, now: Date): SnapshotRow {
  checkOrder(order, now);
  if (snapshot.state === 'error') {
    throw new ServiceError(
      'IncorrectState',
      `The snapshot '${snapshot.id}' is in the state error and cannot be locked.`,
    );
  }
  const since = now.toISOString();
  const { lock: before } = snapshot;
  const { mode, coolOffHours, durationDays, expiresAt } = order;
  const lock: SnapshotLock = {
    mode,
    since,
    createdAt: before && isLocked(snapshot, now) ? before.createdAt : since,
    ...(coolOffHours !== undefined && { coolOffHours }),
    ...(durationDays !== undefined && { durationDays }),
    ...(expiresAt && { expiresAt: expiresAt.toISOString() }),
  };
  const after = { ...snapshot, lock };
  if (lockState(snapshot, now) === 'compliance') checkLonger(snapshot, after, now);
  return after;
}

export function unlocked(snapshot: SnapshotRow, now: Date): SnapshotRow {
  const { lock, ...rest } = snapshot;
  if (!lock || !isLocked(snapshot, now)) {
    throw new ServiceError('IncorrectState', `The snapshot ${snapshot.id} is not locked.`);
  }
  if (lockState(snapshot, now) !== 'compliance') return rest;
  throw new ServiceError(
    'OperationNotPermitted',
    `The snapshot ${snapshot.id} is locked in compliance mode and cannot be unlocked.`,
  );
}

function checkLonger(before: SnapshotRow, after: SnapshotRow, now: Date): void {
  const { mode, coolOffHours } = after.lock ?? {};
  const [old, next] = [before, after].map(
    (row) => row.lock && lockTimes(row, row.lock, now).expiresAt,
  );
  // Of one that is pending no end is known: the days are compared.
  const [oldDays = 0, nextDays = 0] = [before, after].map((row) => row.lock?.durationDays);
  const longer = old && next ? next >= old : nextDays >= oldDays && nextDays > 0;
  if (mode === 'compliance' && coolOffHours === undefined && longer) return;
  throw new ServiceError(
    'OperationNotPermitted',
    `The snapshot ${before.id} is locked in compliance mode, and its cooling-off period is over: its lock can only be made longer.`,
  );
}

function checkOrder({ mode, coolOffHours, durationDays, expiresAt }: LockOrder, now: Date): void {
  if ((durationDays === undefined) === (expiresAt === undefined)) {
    throw combination('Specify either LockDuration or ExpirationDate.');
  }
  if (coolOffHours !== undefined && mode === 'governance') {
    throw combination('CoolOffPeriod is for snapshots that are locked in compliance mode.');
  }
  checkRange('CoolOffPeriod', coolOffHours, coolOffMaxHours);
  checkRange('LockDuration', durationDays, durationMaxDays);
  if (expiresAt && !(expiresAt > now)) throw invalid('The ExpirationDate is in the past.');
}

function checkRange(member: string, value: number | undefined, max: number): void {
  if (value === undefined || (value >= 1 && value <= max)) return;
  throw invalid(`${member} is a number from 1 to ${max}.`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}

function combination(message: string): ServiceError {
  return new ServiceError('InvalidParameterCombination', message);
}
