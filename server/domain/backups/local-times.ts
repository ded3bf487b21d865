/**
 * In which hour, day, week, month and year a time is, in a time zone: names that are the same for
 * all times in it; and what is so many of these before it. Each time is looked up once, since that
 * costs more than what is done with it.
 */
const hourMs = 60 * 60_000;
const dayMs = 24 * hourMs;

export type Period = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

export interface Duration {
  years: number;
  months: number;
  days: number;
  hours: number;
}

export class LocalTimes {
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<string, Record<Period, string>>();

  constructor(timezone = 'UTC') {
    this.#format = new Intl.DateTimeFormat('en-CA', {
      ...{ timeZone: timezone, hourCycle: 'h23' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' },
      timeZoneName: 'longOffset',
    });
  }

  /**
   * So much before the time, by the calendar of the zone: a month before noon is noon, whatever
   * summer time was between. A day that a month has not is one of the next: all members count at
   * once.
   */
  before(time: Date, { years, months, days, hours }: Duration): Date {
    const local = new Date(time.getTime() + this.#offsetMs(time));
    const day = Date.UTC(
      local.getUTCFullYear() - years,
      local.getUTCMonth() - months,
      local.getUTCDate() - days,
    );
    const wanted = day + (local.getTime() % dayMs);
    const near = new Date(wanted - this.#offsetMs(new Date(wanted)));
    const earlier = wanted - this.#offsetMs(near);
    return new Date(earlier - hours * hourMs);
  }

  /** What the zone is ahead of UTC. */
  #offsetMs(time: Date): number {
    const parts = this.#format.formatToParts(time);
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)/.exec(name) ?? [];
    const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
    return sign === '-' ? -ms : ms;
  }

  /** Of a time as rows have it. */
  of(time: string): Record<Period, string> {
    const known = this.#known.get(time) ?? this.#namesOf(new Date(time));
    this.#known.set(time, known);
    return known;
  }

  #namesOf(time: Date): Record<Period, string> {
    const parts = this.#format.formatToParts(time);
    const part = (type: string) => parts.find((each) => each.type === type)?.value ?? '';
    const day = `${part('year')}-${part('month')}-${part('day')}`;
    return {
      // The hour that comes twice in autumn is two.
      hourly: `${day} ${part('hour')} ${part('timeZoneName')}`,
      daily: day,
      weekly: mondayOf(day),
      monthly: day.slice(0, -3),
      yearly: part('year'),
    };
  }
}

function mondayOf(day: string): string {
  const date = new Date(`${day}T00:00:00.000Z`);
  date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
