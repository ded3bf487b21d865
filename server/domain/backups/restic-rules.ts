/**
 * Restic's rules of what is kept of the backups of one source, each with the reasons why it is. As
 * restic documents them: the newest so many; of the last so many hours, days, weeks, months and
 * years that have one the newest in each, and where there are not so many of them the oldest backup
 * besides; what is within a time of the newest; what has all tags of a list.
 *
 * Pure. Hours and days are those of a time zone, weeks begin on Monday. That the last good ones stay
 * is `last-good.ts`'s, and here too a reason.
 */
import type { Tags } from '../../catalog/rows/row.ts';
import { type Backup, lastGood, newestFirst } from './last-good.ts';

export interface ResticRules {
  last?: number;
  /** `Number.POSITIVE_INFINITY`: without limit. */
  hourly?: number;
  daily?: number;
  weekly?: number;
  monthly?: number;
  yearly?: number;
  within?: Duration;
  /** All tags of one of the lists. */
  tags?: readonly Tags[];
}

/** As restic writes it: `1y5m7d2h`. */
export interface Duration {
  years: number;
  months: number;
  days: number;
  hours: number;
}

export interface TaggedBackup extends Backup {
  isPending: boolean;
  tags: Tags;
}

const periods = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const;
type Period = (typeof periods)[number];

/** Of each backup, newest first, why it is kept: nobody's reasons are none. */
export function reasonsToKeep(
  backups: readonly TaggedBackup[],
  rules: ResticRules,
  timezone = 'UTC',
): Map<string, string[]> {
  const newest = [...backups].sort(newestFirst);
  const reasons = new Map<string, string[]>(newest.map(({ id }) => [id, []]));
  const add = (backup: Backup | undefined, why: string) =>
    backup && reasons.get(backup.id)?.push(why);
  const whole = newest.filter(({ isWhole }) => isWhole);
  for (const backup of whole.slice(0, rules.last ?? 0)) add(backup, 'last snapshot');
  for (const period of periods) {
    const count = rules[period] ?? 0;
    if (count === 0) continue;
    const kept = newestOfEach(whole, period, timezone).slice(0, count);
    for (const backup of kept) add(backup, `${period} snapshot`);
    const oldest = whole.at(-1);
    if (kept.length < count && oldest && !kept.includes(oldest)) {
      add(oldest, `oldest ${period} snapshot`);
    }
  }
  const [first] = whole;
  if (rules.within && first) {
    const since = before(new Date(first.createdAt), rules.within).toISOString();
    for (const backup of whole) {
      if (backup.createdAt > since) add(backup, `within ${durationText(rules.within)}`);
    }
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
  timezone: string,
): B[] {
  let last: string | undefined;
  return whole.filter(({ createdAt }) => {
    const name = periodOf(new Date(createdAt), period, timezone);
    const isFirst = name !== last;
    last = name;
    return isFirst;
  });
}

/** Its name: the same for all times in it. */
function periodOf(time: Date, period: Period, timezone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...{ timeZone: timezone, hourCycle: 'h23' },
    ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' },
  }).formatToParts(time);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
  const day = `${part('year')}-${part('month')}-${part('day')}`;
  // The hour that comes twice in autumn is two.
  if (period === 'hourly')
    return `${day} ${part('hour')} ${Math.floor(time.getTime() / 3_600_000)}`;
  if (period === 'daily') return day;
  if (period === 'weekly') return mondayOf(day);
  return period === 'monthly' ? day.slice(0, -3) : part('year');
}

function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00.000Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}

function before(time: Date, { years, months, days, hours }: Duration): Date {
  const earlier = new Date(time);
  earlier.setUTCFullYear(earlier.getUTCFullYear() - years);
  earlier.setUTCMonth(earlier.getUTCMonth() - months);
  earlier.setUTCDate(earlier.getUTCDate() - days);
  return new Date(earlier.getTime() - hours * 3_600_000);
}

/** Nothing, where it is not of that form. */
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
