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
  /** What it was told when it was made: by age it is kept until then, whatever the age is now. */
  keptUntil?: string;
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
  /** Of those that are kept: the schedules that keep it, or that it is the last good one. */
  reasons: Map<string, string[]>;
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
  const reasons = new Map<string, string[]>();
  const nowText = now.toISOString();
  if (generations.some(({ createdAt }) => createdAt > nowText)) return { fates, reasons };
  const good = lastGoes ? new Set<string>() : lastGood(generations);
  const newer = new NewerOnes();
  let nextAt: Date | undefined;
  for (const each of [...generations].sort(newestFirst)) {
    const { archivedAt } = each;
    const isArchived = archivedAt !== undefined;
    // What is in the archive stays there where no schedule has a rule for it any more.
    const own = rules
      .filter(({ schedule }) => each.schedules.includes(schedule))
      .filter(({ archive }) => !isArchived || archive !== undefined);
    const keeping = own.filter(({ schedule, retain, archive }) => {
      const rule = isArchived ? (archive ?? retain) : retain;
      if ('count' in rule) return newer.of(schedule, isArchived) < rule.count;
      const said = isArchived ? undefined : each.keptUntil;
      const until = said ? new Date(said) : after(new Date(archivedAt ?? each.createdAt), rule.age);
      if (until <= now || !each.isWhole || each.isPending) return false;
      if (!nextAt || until < nextAt) nextAt = until;
      return true;
    });
    const why = each.isWhole ? keeping.map(({ schedule }) => schedule) : [];
    if (good.has(each.id)) why.push('last good');
    if (each.isPending) why.push('pending');
    reasons.set(each.id, why);
    const isOver = own.length > 0 && !each.isPending && !(keeping.length > 0 && each.isWhole);
    if (isOver && !each.isWhole) {
      if (newer.isAnyWhole) fates.set(each.id, 'remove');
    } else if (isOver) {
      if (!isArchived && own.some(({ archive }) => archive)) fates.set(each.id, 'archive');
      else if (!good.has(each.id)) fates.set(each.id, 'remove');
    }
    newer.add(each);
  }
  return { fates, reasons, nextAt };
}

/** How many whole ones there are of a schedule in a tier, of those that were added. */
class NewerOnes {
  isAnyWhole = false;
  readonly #archived = new Map<string, number>();
  readonly #others = new Map<string, number>();

  add({ isWhole, archivedAt, schedules }: Generation): void {
    if (!isWhole) return;
    this.isAnyWhole = true;
    const counts = this.#countsOf(archivedAt !== undefined);
    for (const schedule of schedules) counts.set(schedule, (counts.get(schedule) ?? 0) + 1);
  }

  of(schedule: string, isArchived: boolean): number {
    return this.#countsOf(isArchived).get(schedule) ?? 0;
  }

  #countsOf(isArchived: boolean): Map<string, number> {
    return isArchived ? this.#archived : this.#others;
  }
}
