/**
 * Members of which Imago has one value only. Clients send that value all the time (Terraform its
 * defaults); it is true and taken. Any other is refused.
 */
import { ServiceError } from '../../../api/service-error.ts';

export function only<T>(member: string, value: T | undefined, fixed: T): void {
  if (value === undefined || value === '' || value === fixed) return;
  throw new ServiceError(
    'UnsupportedOperation',
    `Imago offers ${member} only as ${String(fixed)}; ${String(value)} would have no effect.`,
  );
}

export function onlyFalse(member: string, value: boolean | undefined): void {
  only(member, value, false);
}

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
