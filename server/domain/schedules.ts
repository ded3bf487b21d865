/**
 * When something is done by itself: AWS's cron expressions of six fields (minutes, hours, day of
 * the month, month, day of the week from 1 as Sunday, year) in a time zone, and rates. The only
 * file that knows the library of cron expressions.
 */
import { Cron } from 'croner';
import { ServiceError } from '../../api/service-error.ts';

const ratePattern = /^rate\(([1-9][0-9]{0,5}) (minute|hour|day)s?\)$/;
const cronPattern = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/;
const lastOfFields = [59, 23, 31, 12, 7, 2199];
const unitsMs = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

export interface Timing {
  /** `cron(…)` or `rate(…)`. */
  expression: string;
  /** Of a cron expression; absent: UTC. */
  timezone?: string;
}

/** Its first time is after now, or it has none. */
export function checkSchedule(schedule: Timing, now: Date): void {
  if (ratePattern.test(schedule.expression)) return;
  const { expression } = schedule;
  if (nextCron(schedule, now)) return;
  throw invalid(expression, 'has no time to come');
}

/**
 * The next time after `after`; undefined where there is none. A rate counts from `since`, so that
 * what is late does not move what comes.
 */
export function nextTime(schedule: Timing, after: Date, since: Date): Date | undefined {
  const [, count, unit] = ratePattern.exec(schedule.expression) ?? [];
  if (count === undefined) return nextCron(schedule, after);
  const period = Number(count) * unitsMs[unit as keyof typeof unitsMs];
  const passed = Math.floor((after.getTime() - since.getTime()) / period);
  return new Date(since.getTime() + (passed + 1) * period);
}

function nextCron({ expression, timezone = 'UTC' }: Timing, after: Date): Date | undefined {
  const [, minutes, hours, day, month, weekday, year] = cronPattern.exec(expression) ?? [];
  if (day === undefined || weekday === undefined) {
    const fields = 'minutes, hours, day of the month, month, day of the week, year';
    throw invalid(
      expression,
      `is neither cron(…) of six fields (${fields}; such as 0 3 * * ? *) nor rate(…)`,
    );
  }
  if ((day === '?') === (weekday === '?')) {
    const why = 'must have ? as its day of the month or of the week, and not as both';
    throw invalid(expression, why);
  }
  const fields = [minutes, hours, day, month, weekday, year].map((each = '', index) =>
    // `5/20` is every 20 from 5 on.
    each.replace('?', '*').replace(/^([0-9]+)\//, `$1-${lastOfFields[index]}/`),
  );
  try {
    // Seconds come first there.
    const cron = new Cron(`0 ${fields.join(' ')}`, {
      timezone,
      paused: true,
      mode: '7-part',
      alternativeWeekdays: true,
    });
    return cron.nextRun(after) ?? undefined;
  } catch (error) {
    checkTimezone(timezone);
    const why = error instanceof Error ? error.message : String(error);
    throw invalid(expression, `is not valid: ${why}`);
  }
}

/** Of the IANA's names. */
export function checkTimezone(name: string): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
  } catch {
    throw new ServiceError('InvalidParameterValue', `'${name}' is no time zone.`);
  }
}

function invalid(value: string, why: string): ServiceError {
  return new ServiceError('InvalidParameterValue', `The schedule '${value}' ${why}.`);
}
