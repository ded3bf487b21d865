/**
 * Backups that could not be ordered when they were due, since their source was in a state that
 * passes, or for another reason: they are owed for an hour, as a policy begins within an hour of its
 * time, and then their source says that there is none. One is made for a time at most: it is ordered
 * in the transaction in which it is owed no more.
 */
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import {
  type BackupPolicyRow,
  type BackupSchedule,
  type BackupSourceRow,
  backupSourceId,
} from '../../catalog/rows/backup-policy.ts';
import { dueOf } from './policies.ts';
import { PassingError } from './policy-sources.ts';

const owedMs = 60 * 60_000;
export const triedEveryMs = 5 * 60_000;

/** What is due now, and what the source is owed of other schedules; not what was done. */
export function dueFor(
  policy: BackupPolicyRow,
  source: BackupSourceRow | undefined,
  now: Date,
): BackupSchedule[] {
  const { orderedFor = {}, owed } = source ?? {};
  const due = dueOf(policy, now).filter(({ name, nextAt }) => orderedFor[name] !== nextAt);
  const others = policy.schedules.filter(({ name }) => !due.some((each) => each.name === name));
  return [
    ...due,
    ...others.flatMap((schedule) => {
      const nextAt = owed?.times[schedule.name];
      // A time that has not come is of a clock that was ahead, and comes again.
      return nextAt === undefined || nextAt > now.toISOString() ? [] : [{ ...schedule, nextAt }];
    }),
  ];
}

/** Why is told at once, unless it passes. */
export async function noteOwed(
  { backupPolicies, backupSources }: CatalogTransaction,
  { policyId, sourceId }: Pick<BackupSourceRow, 'policyId' | 'sourceId'>,
  why: Error,
  now: Date,
): Promise<void> {
  const id = backupSourceId(policyId, sourceId);
  const policy = await backupPolicies.get(policyId);
  const before = await backupSources.get(id);
  const due = policy ? dueFor(policy, before, now) : [];
  if (!policy || due.length === 0) return;
  const latest = new Date(now.getTime() + owedMs).toISOString();
  const { until = latest } = before?.owed ?? {};
  const owed = {
    times: Object.fromEntries(due.map(({ name, nextAt = '' }) => [name, nextAt])),
    until: [until, latest].sort()[0] ?? latest,
  };
  const missed = why instanceof PassingError ? before?.missed : `${sourceId}: ${why.message}`;
  const told = { owed, ...(missed !== undefined && { missed }) };
  const tryAt = new Date(now.getTime() + triedEveryMs).toISOString();
  if (before) {
    const nextLookAt = [before.nextLookAt, tryAt].sort()[0] ?? tryAt;
    await backupSources.update({ ...before, ...told, nextLookAt });
    return;
  }
  const { account, region } = policy;
  const about = { account, region, createdAt: now.toISOString(), policyId, sourceId };
  await backupSources.insert({ id, ...about, ...told, orderedFor: {}, nextLookAt: tryAt });
}

/** It could not be done again. When its hour is over it is told, until the next one is made. */
export async function noteMissed(
  { backupSources }: CatalogTransaction,
  id: string,
  why: Error,
  now: Date,
): Promise<void> {
  const row = await backupSources.get(id);
  if (!row?.owed || row.owed.until > now.toISOString()) return;
  const [time] = Object.values(row.owed.times).sort();
  const missed = `${row.sourceId}: There is no backup for ${time}: ${why.message}`;
  await backupSources.update({ ...withoutOwed(row), missed });
}

export function withoutOwed({ owed: _, missed: __, ...row }: BackupSourceRow): BackupSourceRow {
  return row;
}
