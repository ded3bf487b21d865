/** Which part of the form of a policy that forgets a refusal of the API is about. */
import { type FieldsByWords, fieldRefused } from '../../parts/field-refused.ts';

export type ForgetFieldName = 'name' | 'targets' | 'sources' | 'keeps' | 'when';

const fields: FieldsByWords<ForgetFieldName> = [
  [/^PolicyName\b/, 'name'],
  [/^A rule is missing|^Keep\w+ '|^Timezone '/, 'keeps'],
  [/^The schedule '|\bForgetSchedule\b/, 'when'],
  [/^'.*' is no id|\bat most \d+ SourceIds\b/, 'sources'],
  [/^SourceIds or TargetTags|\btags?\b/i, 'targets'],
];

export const forgetFieldOf = (error: unknown) => fieldRefused(error, fields);
