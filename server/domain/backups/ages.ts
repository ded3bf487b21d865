/** Ages in the units that policies have. */
import type { Age } from '../../catalog/rows/backup-policy.ts';

const dayMs = 24 * 60 * 60_000;

/** So long after; in a month that has no such day, on its last one. */
export function after(time: Date, { value, unit }: Age): Date {
  if (unit === 'DAYS') return new Date(time.getTime() + value * dayMs);
  if (unit === 'WEEKS') return new Date(time.getTime() + value * 7 * dayMs);
  const later = new Date(time);
  later.setUTCDate(1);
  later.setUTCMonth(time.getUTCMonth() + value * (unit === 'YEARS' ? 12 : 1));
  const last = new Date(Date.UTC(later.getUTCFullYear(), later.getUTCMonth() + 1, 0));
  later.setUTCDate(Math.min(time.getUTCDate(), last.getUTCDate()));
  return later;
}

const days = { DAYS: 1, WEEKS: 7, MONTHS: 30, YEARS: 365 };

/** To compare ages by: months and years as EC2's limits count them. */
export function inDays({ value, unit }: Age): number {
  return value * days[unit];
}
