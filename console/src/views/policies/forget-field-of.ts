/** Which part of the form of a policy that forgets a refusal of the API is about. */
import { ApiError } from '../../api/client.ts';

export type ForgetFieldName = 'name' | 'targets' | 'sources' | 'keeps' | 'when';

/** The first that matches. */
const fields: readonly [RegExp, ForgetFieldName][] = [
  [/^PolicyName\b/, 'name'],
  [/^A rule is missing|^Keep\w+ '|^Timezone '/, 'keeps'],
  [/^The schedule '|\bForgetSchedule\b/, 'when'],
  [/^'.*' is no id|\bat most \d+ SourceIds\b/, 'sources'],
  [/^SourceIds or TargetTags|\btags?\b/i, 'targets'],
];

export function forgetFieldOf(error: unknown): ForgetFieldName | undefined {
  if (!(error instanceof ApiError) || error.code === 'Unreachable') return undefined;
  return fields.find(([pattern]) => pattern.test(error.message))?.[1];
}
