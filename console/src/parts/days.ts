/** Days of a calendar, as `2026-11-26`: those of whoever looks, in their time zone. */
export type Day = string;

const dayMs = 86_400_000;

export function dayOf(at: string | Date): Day {
  const date = new Date(at);
  const parts = [date.getFullYear(), date.getMonth() + 1, date.getDate()];
  return parts.map((part, index) => String(part).padStart(index === 0 ? 4 : 2, '0')).join('-');
}

/** Its first moment. */
export function startOf(day: Day): Date {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date);
}

/** Its last moment; a day may have 23 hours or 25. */
export const endOf = (day: Day) => new Date(startOf(plusDays(day, 1)).getTime() - 1);

const inUtc = (day: Day) => Date.parse(`${day}T00:00:00Z`);

export function plusDays(day: Day, count: number): Day {
  return new Date(inUtc(day) + count * dayMs).toISOString().slice(0, 10);
}

/** 0 is Monday. */
export const weekdayOf = (day: Day) => (new Date(inUtc(day)).getUTCDay() + 6) % 7;

export const monthOf = (day: Day) => day.slice(0, 7);

export function daysFrom(first: Day, last: Day): Day[] {
  const count = Math.round((inUtc(last) - inUtc(first)) / dayMs) + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, index) => plusDays(first, index));
}

const weeksOfYear = 53;

/** A year that ends with the day, from a Monday on. */
export function yearUntil(last: Day): Day[] {
  const monday = plusDays(last, -weekdayOf(last));
  return daysFrom(plusDays(monday, -7 * (weeksOfYear - 1)), last);
}

/** A year that begins with the day's week, to a Sunday. */
export function yearFrom(first: Day): Day[] {
  const monday = plusDays(first, -weekdayOf(first));
  return daysFrom(monday, plusDays(monday, 7 * weeksOfYear - 1));
}

/** Week by week from Monday on; before the first of the days and after the last there are gaps. */
export function weeksOf(days: readonly Day[]): (Day | undefined)[][] {
  const [first] = days;
  const before = Array.from({ length: first ? weekdayOf(first) : 0 }, () => undefined);
  const all = [...before, ...days];
  const count = Math.ceil(all.length / 7);
  return Array.from({ length: count }, (_, week) =>
    Array.from({ length: 7 }, (__, weekday) => all[week * 7 + weekday]),
  );
}

/** The days by month, in their order. */
export function monthsOf(days: readonly Day[]): [month: string, days: Day[]][] {
  const months = new Map<string, Day[]>();
  for (const day of days) months.set(monthOf(day), [...(months.get(monthOf(day)) ?? []), day]);
  return [...months];
}
