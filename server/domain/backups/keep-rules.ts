/** Restic's rules of what is kept, as a request says them: at least one. */
import { type KeepRules, keepRules } from '../../../api/imago-keep-rules.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { parseDuration, type ResticRules } from './restic-rules.ts';

export const keepMembers: readonly string[] = Object.keys(keepRules);

const unlimited = -1;
const maxCount = 100_000;

export function resticRulesOf(input: KeepRules): {
  rules: ResticRules;
  timezone?: string;
} {
  const rules: ResticRules = {
    last: countOf('KeepLast', input.KeepLast),
    hourly: countOf('KeepHourly', input.KeepHourly),
    daily: countOf('KeepDaily', input.KeepDaily),
    weekly: countOf('KeepWeekly', input.KeepWeekly),
    monthly: countOf('KeepMonthly', input.KeepMonthly),
    yearly: countOf('KeepYearly', input.KeepYearly),
    within: withinOf('KeepWithin', input.KeepWithin),
    withinHourly: withinOf('KeepWithinHourly', input.KeepWithinHourly),
    withinDaily: withinOf('KeepWithinDaily', input.KeepWithinDaily),
    withinWeekly: withinOf('KeepWithinWeekly', input.KeepWithinWeekly),
    withinMonthly: withinOf('KeepWithinMonthly', input.KeepWithinMonthly),
    withinYearly: withinOf('KeepWithinYearly', input.KeepWithinYearly),
    tags: input.KeepTags?.map(tagsOf),
  };
  checkTimezone(input.Timezone);
  if (Object.values(rules).every(isNoRule)) {
    throw new ServiceError(
      'MissingParameter',
      'A rule is missing: without one nothing would be kept but the last good backups.',
    );
  }
  return { rules, timezone: input.Timezone };
}

/** None of it is kept by a count of nothing or by an empty list. */
function isNoRule(rule: unknown): boolean {
  return rule === undefined || rule === 0 || (Array.isArray(rule) && rule.length === 0);
}

/** Nothing, where a request that may do without says none. */
export function optionalRulesOf(input: KeepRules): ResticRules | undefined {
  const { Timezone, ...rules } = input;
  checkTimezone(Timezone);
  const isSaid = keepMembers.some((member) => rules[member as keyof typeof rules] !== undefined);
  return isSaid ? resticRulesOf(input).rules : undefined;
}

function countOf(member: string, count: number | undefined): number | undefined {
  if (count === undefined) return undefined;
  if (count === unlimited) return Number.POSITIVE_INFINITY;
  if (Number.isInteger(count) && count >= 0 && count <= maxCount) return count;
  throw invalid(member, `${count}`, `is not -1 or from 0 to ${maxCount}`);
}

function withinOf(member: string, text: string | undefined): ResticRules['within'] {
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  // As to restic, a time of nothing is no rule.
  if (duration) return Object.values(duration).some((part) => part > 0) ? duration : undefined;
  throw invalid(member, text, 'is not of the form 1y5m7d2h');
}

function tagsOf(text: string): Tags {
  const pairs = text.split(',').map((each): [string, string] => {
    const end = each.indexOf('=');
    if (end < 1) throw invalid('KeepTags', text, 'is not of the form key=value,key=value');
    return [each.slice(0, end), each.slice(end + 1)];
  });
  return Object.fromEntries(pairs);
}

function checkTimezone(timezone: string | undefined): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw invalid('Timezone', timezone ?? '', 'is no time zone');
  }
}

function invalid(member: string, value: string, why: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `${member} '${value}' ${why}.`);
}
