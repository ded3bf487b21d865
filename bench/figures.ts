/**
 * How benches sum up what they measured: medians and their spread, and how busy the host was
 * meanwhile.
 */
import { loadavg } from 'node:os';

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

/** `1234 ms (1200 to 1300, median of 5)` */
export function spread(values: readonly number[], unit = 'ms', digits = 0): string {
  const text = (value: number) => value.toFixed(digits);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${text(median(values))} ${unit} (${text(least)} to ${text(most)}, median of ${values.length})`;
}

/**
 * Median of the rounds' own ratios: what disturbs the host for a while hits both sides of a round.
 */
export function ratio(ours: readonly number[], theirs: readonly number[]): string {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  return `${median(ratios).toFixed(2)}x`;
}

/** Others on the host make every figure a little worse: it belongs beside them. */
export function load(): string {
  const [lastMinute = 0] = loadavg();
  return `load ${lastMinute.toFixed(1)}`;
}

/** The order of a round: who begins changes, so that neither always follows the other. */
export function inTurn<T>(round: number, sides: readonly T[]): T[] {
  return round % 2 === 0 ? [...sides] : sides.toReversed();
}
