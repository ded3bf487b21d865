/**
 * What becomes of the backups of one source, in one region, by the schedules of a policy:
 *
 *   kept by a schedule, or the last good --> keep
 *   kept by none --> remove, or archive where a schedule says so; kept there by its own rule
 *
 * Pure: a function of the backups, the rules and the time. What is not whole is never counted: a
 * pending one stays, a failed one goes when there is a whole one that is newer. While a backup is
 * of a time that has not come, the clock is wrong, or was, and nothing goes.
 */
import type { Retention } from '../../catalog/rows/backup-policy.ts';
import { after } from './ages.ts';
import { type Backup, lastGood, newestFirst } from './last-good.ts';

export interface Generation extends Backup {
  isPending: boolean;
  /** Those of the policy that it was made for; none: it is not the policy's. */
  schedules: readonly string[];
  /** It is in the archive, since then. */
  archivedAt?: string;
}

export interface RetentionRule {
  schedule: string;
  retain: Retention;
  archive?: Retention;
}

export type Fate = 'keep' | 'archive' | 'remove';

export interface Decision {
  /** By the backup's id. */
  fates: Map<string, Fate>;
  /** When another decision may be due, if nothing else happens. */
  nextAt?: Date;
}

/** `lastGoes`: the last good one is no exception. */
export function decide(
  generations: readonly Generation[],
  rules: readonly RetentionRule[],
  now: Date,
  { lastGoes = false }: { lastGoes?: boolean } = {},
): Decision {
  const fates = new Map<string, Fate>(generations.map(({ id }) => [id, 'keep']));
  if (generations.some(({ createdAt }) => createdAt > now.toISOString())) return { fates };
  const kept = lastGoes ? new Set<string>() : lastGood(generations);
  const newest = [...generations].sort(newestFirst);
  let nextAt: Date | undefined;
  for (const each of newest) {
    const own = rules.filter(({ schedule }) => each.schedules.includes(schedule));
    if (own.length === 0 || each.isPending) continue;
    const { archivedAt } = each;
    const isArchived = archivedAt !== undefined;
    const since = new Date(archivedAt ?? each.createdAt);
    const isKept = own.some(({ schedule, retain, archive }) => {
      const rule = isArchived ? (archive ?? retain) : retain;
      if ('count' in rule) return newerThan(newest, each, schedule) < rule.count;
      const until = after(since, rule.age);
      if (until <= now || !each.isWhole) return false;
      if (!nextAt || until < nextAt) nextAt = until;
      return true;
    });
    if (isKept && each.isWhole) continue;
    if (!each.isWhole) {
      if (newest.some((other) => other.isWhole && newestFirst(other, each) < 0)) {
        fates.set(each.id, 'remove');
      }
      continue;
    }
    if (!isArchived && own.some(({ archive }) => archive)) fates.set(each.id, 'archive');
    else if (!kept.has(each.id)) fates.set(each.id, 'remove');
  }
  return { fates, nextAt };
}

/** Whole ones of the schedule, in the same tier. */
function newerThan(newest: readonly Generation[], of: Generation, schedule: string): number {
  const before = newest.slice(0, newest.indexOf(of));
  return before.filter(
    ({ isWhole, archivedAt, schedules }) =>
      isWhole &&
      (archivedAt === undefined) === (of.archivedAt === undefined) &&
      schedules.includes(schedule),
  ).length;
}
