/**
 * In which hour, day, week, month and year a time is, in a time zone: names that are the same for
 * all times in it. Each time is looked up once, since that costs more than what is done with it.
 */
export type Period = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

export class LocalTimes {
  readonly #format: Intl.DateTimeFormat;
  readonly #known = new Map<string, Record<Period, string>>();

  constructor(timezone = 'UTC') {
    this.#format = new Intl.DateTimeFormat('en-CA', {
      ...{ timeZone: timezone, hourCycle: 'h23' },
      ...{ year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit' },
    });
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
      hourly: `${day} ${part('hour')} ${Math.floor(time.getTime() / 3_600_000)}`,
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
