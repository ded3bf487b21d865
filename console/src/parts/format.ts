/** Numbers and times as people read them. */
const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1.5 GiB` */
export function bytes(count: number | undefined): string {
  if (count === undefined) return '–';
  let [value, unit] = [count, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${value >= 10 || Number.isInteger(value) ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** `27 November 2026 at 03:00:00 CET`: where whoever looks is. */
export const momentOf = (iso: string) =>
  new Date(iso).toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'long' });

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** `3 days ago` */
export function ago(iso: string, now = Date.now()): string {
  const seconds = Math.round((Date.parse(iso) - now) / 1000);
  const step = steps.find(([, length]) => Math.abs(seconds) >= length);
  if (step) return relative.format(Math.trunc(seconds / step[1]), step[0]);
  return Math.abs(seconds) < 5 ? 'now' : relative.format(seconds, 'second');
}
