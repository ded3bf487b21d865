/** Which part of the form a refusal of the API is about, where its words tell. */
import { type FieldsByWords, fieldRefused } from '../../parts/field-refused.ts';

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

const fields: FieldsByWords<FieldName> = [
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

export const fieldOf = (error: unknown) => fieldRefused(error, fields);
