/** The days of backup-years.ts: each begins at 03:00, and the first is the first of a month. */
import assert from 'node:assert/strict';

export const dayMs = 24 * 60 * 60_000;

export interface Day {
  day: number;
  age: number;
  date: Date;
}

export interface Dated {
  CreationDate?: string;
  StartTime?: string;
}

type IsKept = (day: Day) => boolean;

export class Calendar {
  readonly firstMs: number;

  /** Of the month after this time. */
  constructor(now: Date) {
    this.firstMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1, 3);
  }

  timeOf(day: number): number {
    return this.firstMs + day * dayMs;
  }

  dayOf(time: string): number {
    return Math.floor((Date.parse(time) - this.firstMs) / dayMs);
  }

  isSunday(day: number): boolean {
    return new Date(this.timeOf(day)).getUTCDay() === 0;
  }

  daysOf(all: readonly Dated[]): number[] {
    return all
      .map(({ CreationDate, StartTime }) => this.dayOf(CreationDate ?? StartTime ?? ''))
      .sort((one, other) => one - other);
  }

  /** Of which there is a backup that day, by the rule. */
  days(today: number, isKept: IsKept): number[] {
    const all = Array.from({ length: today + 1 }, (_, day) => day);
    return all.filter((day) => isKept({ day, age: today - day, date: new Date(this.timeOf(day)) }));
  }

  checkDays(all: readonly Dated[], today: number, isKept: IsKept): void {
    assert.deepEqual(this.daysOf(all), this.days(today, isKept), `day ${today}`);
  }
}

/** What is written before the backup of a day. */
export function markOf(day: number): number {
  return (day % 250) + 2;
}
