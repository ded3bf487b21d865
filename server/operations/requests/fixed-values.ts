/**
 * Members that have one of some values; a member of which Imago has one only is in its operation's
 * `fixed`.
 */
import { ServiceError } from '../../../api/service-error.ts';

/** One of the values that EC2 documents for this member. */
export function oneOf<const T extends string>(
  member: string,
  value: string | undefined,
  values: readonly T[],
): T | undefined {
  if (value === undefined || values.includes(value as T)) return value as T | undefined;
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid value '${value}' for ${member}. It is one of ${values.join(', ')}.`,
  );
}
