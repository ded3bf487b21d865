/** From points of the API to what is drawn: a grid of times, with gaps where nothing is known. */
import type { Output } from '../../api/wire.ts';

export type Metrics = Output<'imago', 'DescribeInstanceMetrics'>;
export type Figure = Exclude<keyof Metrics['Points'][number], 'Time'>;

/** In seconds since 1970, from the first whole period to the last. */
export function timesOf({ StartTime, EndTime, PeriodSeconds }: Metrics): number[] {
  const first = Math.ceil(Date.parse(StartTime) / 1000 / PeriodSeconds);
  const last = Math.ceil(Date.parse(EndTime) / 1000 / PeriodSeconds) - 1;
  const count = Math.max(0, last - first);
  return Array.from({ length: count }, (_, index) => (first + index) * PeriodSeconds);
}

/** A value a time. */
export function lineOf(metrics: Metrics, times: readonly number[], figure: Figure) {
  const known = new Map(
    metrics.Points.map((point) => [Date.parse(point.Time) / 1000, point[figure]]),
  );
  return times.map((time) => known.get(time) ?? null);
}

export const lastOf = (line: readonly (number | null)[]) =>
  line.findLast((value) => value !== null) ?? undefined;

export const mostOf = (line: readonly (number | null)[]) =>
  Math.max(0, ...line.map((value) => value ?? 0));
