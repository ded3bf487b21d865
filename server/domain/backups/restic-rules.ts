/**
 * Restic's rules of what is kept of the backups of one source, each with the reasons why it is. As
 * restic documents them: the newest so many; of the last so many hours, days, weeks, months and
 * years that have one the newest in each, and where there are not so many of them the oldest backup
 * besides; what is within a time of the newest, all of it or the newest in each hour, day, …; what
 * has all tags of a list.
 *
 * Pure. Hours and days are those of a time zone, weeks begin on Monday. That the last good ones stay
 * is `last-good.ts`'s, and here too a reason.
 */
import type { Tags } from '../../catalog/rows/row.ts';
import { type Backup, lastGood, newestFirst } from './last-good.ts';
import { type Duration, LocalTimes, type Period } from './local-times.ts';

export interface ResticRules {
  last?: number;
  /** `Number.POSITIVE_INFINITY`: without limit. */
  hourly?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  yearly?: number;
  within?: Duration;
  withinHourly?: Duration;
  withinDaily?: Duration;
  withinWeekly?: Duration;
  withinMonthly?: Duration;
  withinYearly?: Duration;
  /** All tags of one of the lists. */
  tags?: readonly Tags[];
}

export interface TaggedBackup extends Backup {
  isPending: boolean;
  tags: Tags;
}

const rulesOfPeriods = [
  ['hourly', 'withinHourly'],
  ['daily', 'withinDaily'],
  ['weekly', 'withinWeekly'],
  ['monthly', 'withinMonthly'],
  ['yearly', 'withinYearly'],
] as const;

/** Of each backup, newest first, why it is kept: nobody's reasons are none. */
export function reasonsToKeep(
  backups: readonly TaggedBackup[],
  rules: ResticRules,
  local = new LocalTimes(),
): Map<string, string[]> {
  const newest = [...backups].sort(newestFirst);
  const reasons = new Map<string, string[]>(newest.map(({ id }) => [id, []]));
  const add = (backup: Backup | undefined, why: string) =>
    backup && reasons.get(backup.id)?.push(why);
  const whole = newest.filter(({ isWhole }) => isWhole);
  for (const backup of whole.slice(0, rules.last ?? 0)) add(backup, 'last snapshot');
  const [first] = whole;
  const oldest = whole.at(-1);
  const within = (duration: Duration) => {
    const since = local.before(new Date(first?.createdAt ?? 0), duration).toISOString();
    return whole.filter(({ createdAt }) => createdAt > since);
  };
  for (const [period] of rulesOfPeriods) {
    const count = rules[period] ?? 0;
    if (count === 0) continue;
    const kept = newestOfEach(whole, period, local).slice(0, count);
    for (const backup of kept) add(backup, `${period} snapshot`);
    if (kept.length < count && oldest && !kept.includes(oldest)) {
      add(oldest, `oldest ${period} snapshot`);
    }
  }
  if (rules.within) {
    for (const backup of within(rules.within)) add(backup, `within ${durationText(rules.within)}`);
  }
  for (const [period, rule] of rulesOfPeriods) {
    const duration = rules[rule];
    if (!duration) continue;
    const some = within(duration);
    const kept = newestOfEach(some, period, local);
    const why = `${period} within ${durationText(duration)}`;
    for (const backup of kept) add(backup, why);
    // As with the counts: only where nothing is older.
    if (oldest && some.includes(oldest) && !kept.includes(oldest)) add(oldest, `oldest ${why}`);
  }
  for (const wanted of rules.tags ?? []) {
    const all = Object.entries(wanted);
    for (const backup of whole) {
      if (all.every(([key, value]) => backup.tags[key] === value)) {
        add(backup, `tags ${all.map(([key, value]) => `${key}=${value}`).join(',')}`);
      }
    }
  }
  const good = lastGood(backups);
  for (const backup of newest) {
    if (good.has(backup.id)) add(backup, 'last good');
    if (backup.isPending) add(backup, 'pending');
  }
  return reasons;
}

function newestOfEach<B extends Backup>(
  whole: readonly B[],
  period: Period,
  local: LocalTimes,
): B[] {
  let last: string | undefined;
  return whole.filter(({ createdAt }) => {
    const name = local.of(createdAt)[period];
    const isFirst = name !== last;
    last = name;
    return isFirst;
  });
}

/** As restic writes it, `1y5m7d2h`; nothing, where it is not of that form. */
export function parseDuration(text: string): Duration | undefined {
  const match = /^(?:(\d{1,4})y)?(?:(\d{1,4})m)?(?:(\d{1,5})d)?(?:(\d{1,6})h)?$/.exec(text);
  if (!match || text === '') return undefined;
  const [years = 0, months = 0, days = 0, hours = 0] = match
    .slice(1)
    .map((each) => Number(each ?? 0));
  return { years, months, days, hours };
}

function durationText({ years, months, days, hours }: Duration): string {
  const parts = [`${years}y`, `${months}m`, `${days}d`, `${hours}h`];
  return parts.filter((part) => !part.startsWith('0')).join('') || '0h';
}
