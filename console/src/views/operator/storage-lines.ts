/** From what was recorded to what is drawn: a value a day, with gaps where nothing is known. */
import type { Output } from '../../api/wire.ts';

export type StorageDay = Output<'imago', 'DescribeStorageHistory'>['Days'][number];

const daySeconds = 86_400;
const secondsOf = ({ Day }: StorageDay) => Date.parse(`${Day}T00:00:00Z`) / 1000;

/** In seconds since 1970, from the first day to the last. */
export function daysOf(days: readonly StorageDay[]): number[] {
  const known = days.map(secondsOf).filter(Number.isFinite);
  const [first = 0, last = first - daySeconds] = [known[0], known.at(-1)];
  const count = Math.round((last - first) / daySeconds) + 1;
  return Array.from({ length: count }, (_, index) => first + index * daySeconds);
}

/** Those that need most on the last day come first. */
export function accountsOf(days: readonly StorageDay[]): string[] {
  const all = days.toReversed().flatMap(({ Accounts }) => Accounts);
  return [...new Set(all.map(({ AccountId }) => AccountId))];
}

export function lineOfAll(days: readonly StorageDay[], times: readonly number[]) {
  return line(days, times, ({ NeededBytes }) => NeededBytes);
}

/** Of what it needs, be it shared or not. */
export function lineOfAccount(
  days: readonly StorageDay[],
  times: readonly number[],
  account: string,
) {
  return line(
    days,
    times,
    ({ Accounts }) => Accounts.find(({ AccountId }) => AccountId === account)?.StoredBytes ?? 0,
  );
}

function line(
  days: readonly StorageDay[],
  times: readonly number[],
  bytesOf: (day: StorageDay) => number,
): (number | null)[] {
  const known = new Map(days.map((day) => [secondsOf(day), bytesOf(day)]));
  return times.map((time) => known.get(time) ?? null);
}
