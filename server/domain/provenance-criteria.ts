/**
 * Criteria of allowed images about where an image comes from and what was found in it: its
 * watermarks, and its last check.
 */
import { ServiceError } from '../../api/service-error.ts';
import { matchesTokens, patternTokens } from '../catalog/pattern.ts';
import type { ScanCriterion, WatermarkCriterion } from '../catalog/rows/account.ts';
import type { ImageRow, Severity } from '../catalog/rows/image.ts';
import { fixAvailableSince, highestSeverity, isAtLeast, isSeverity } from './image-findings.ts';

const dayMs = 24 * 3_600_000;

/** One of the watermarks meets all that one of the criteria says. */
export function meetsWatermarks(
  { watermarks = [] }: ImageRow,
  criteria: readonly WatermarkCriterion[],
  now: Date,
): boolean {
  const matches = (pattern: string | undefined, text: string) =>
    pattern === undefined || matchesTokens(patternTokens(pattern), text);
  return watermarks.some((watermark) =>
    criteria.some(
      (criterion) =>
        matches(criterion.key, watermark.key) &&
        matches(criterion.sourceImageRegion, watermark.sourceImageRegion) &&
        isWithin(watermark.sourceImageCreatedAt, criterion.maxDaysSinceSourceCreated, now) &&
        isWithin(watermark.attachedAt, criterion.maxDaysSinceAttached, now),
    ),
  );
}

/** An image that was never checked meets none. */
export function meetsScan({ scan }: ImageRow, criterion: ScanCriterion, now: Date): boolean {
  if (!scan) return false;
  const { maximumSeverity, maxDaysSinceFix } = criterion;
  const highest = highestSeverity(scan);
  const isTooBad = maximumSeverity && highest && !isAtLeast(maximumSeverity, highest);
  if (isTooBad || !isWithin(scan.scannedAt, criterion.maxDaysSinceScan, now)) return false;
  return Object.entries(maxDaysSinceFix).every(([severity, days]) => {
    const since = fixAvailableSince(scan, severity as Severity);
    return since === undefined || isWithin(since, days, now);
  });
}

function isWithin(since: string, days: number | undefined, now: Date): boolean {
  return days === undefined || now.getTime() - Date.parse(since) <= days * dayMs;
}

/** Days of both, for the check that all numbers of days share. */
export function daysOf(
  watermarks: readonly WatermarkCriterion[] = [],
  scan?: ScanCriterion,
): (number | undefined)[] {
  return [
    ...watermarks.flatMap((each) => [each.maxDaysSinceSourceCreated, each.maxDaysSinceAttached]),
    scan?.maxDaysSinceScan,
    ...Object.values(scan?.maxDaysSinceFix ?? {}),
  ];
}

export function checkedSeverity(text: string | undefined): Severity | undefined {
  if (text === undefined || isSeverity(text)) return text;
  throw new ServiceError('InvalidParameterValue', `Invalid value '${text}' for severity.`);
}
