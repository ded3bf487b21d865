/** Until when a policy of dlm keeps a backup, by the rule of the schedule that made it. */
import type { Output } from '../../api/wire.ts';
import type { Backup } from './backup.ts';

export type Policy = NonNullable<Output<'dlm', 'GetLifecyclePolicy'>['Policy']>;

export interface Kept {
  /** By age. */
  at?: string;
  /** By count: one of so many. */
  newest?: number;
}

const dayMs = 86_400_000;
const daysOf: Record<string, number> = { DAYS: 1, WEEKS: 7 };
const monthsOf: Record<string, number> = { MONTHS: 1, YEARS: 12 };

/** Nothing where it is not known, such as of a policy that is gone. */
export function keptUntil(
  { CreateTime, Schedule }: Pick<Backup, 'CreateTime' | 'Schedule'>,
  policy: Pick<Policy, 'PolicyDetails' | 'DefaultPolicy'> | undefined,
): Kept | undefined {
  const details = policy?.PolicyDetails;
  const rule = details?.Schedules?.find(({ Name }) => Name === Schedule)?.RetainRule;
  if (rule?.Count !== undefined) return { newest: rule.Count };
  const value = rule?.Interval ?? (policy?.DefaultPolicy ? details?.RetainInterval : undefined);
  const until = value && later(CreateTime, value, rule?.IntervalUnit ?? 'DAYS');
  return until ? { at: until } : undefined;
}

/** In a month that has no such day, on its last one. */
function later(from: string, value: number, unit: string): string | undefined {
  const at = new Date(from);
  const days = daysOf[unit];
  if (days) return new Date(at.getTime() + value * days * dayMs).toISOString();
  const months = monthsOf[unit];
  if (!months) return undefined;
  const date = at.getUTCDate();
  at.setUTCDate(1);
  at.setUTCMonth(at.getUTCMonth() + value * months);
  const last = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + 1, 0)).getUTCDate();
  at.setUTCDate(Math.min(date, last));
  return at.toISOString();
}
