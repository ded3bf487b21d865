/** Which part of the form a refusal of the API is about, where its words tell. */
import { ApiError } from '../../api/client.ts';

export type FieldName =
  | 'description'
  | 'targets'
  | 'when'
  | 'keeps'
  | 'deprecate'
  | 'copies'
  | 'tags'
  | 'days'
  | 'disk';

/** The first that matches. */
const fields: readonly [RegExp, FieldName][] = [
  [/\bDescription\b/, 'description'],
  [/\bTargetTags\b/, 'targets'],
  [/\b(SizeGiB|DailyChangeMiB|SourceId)\b/, 'disk'],
  [/\b(CreateInterval|RetainInterval)\b/, 'days'],
  [/\bDeprecateRule\b/, 'deprecate'],
  [
    /^There is no region|^'.*' is the region|[Cc]opy rule|CmkArn|\bA region\b|regions of copies|Target/,
    'copies',
  ],
  [/\b(RetainRule|retain by)\b/, 'keeps'],
  [/\b(CreateRule|CronExpression|Interval|Times)\b|hh:mm|cron\(|^The schedule '/, 'when'],
  [/\btags?\b/i, 'tags'],
];

export function fieldOf(error: unknown): FieldName | undefined {
  if (!(error instanceof ApiError) || error.code === 'Unreachable') return undefined;
  return fields.find(([pattern]) => pattern.test(error.message))?.[1];
}
