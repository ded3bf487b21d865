/** What a service calls an error: what EC2 calls it, where it has no name of its own for that. */
import type { ServiceModel } from '../../api/model.ts';

export function calledError(
  { errors, errorOfThings }: Pick<ServiceModel, 'errors' | 'errorOfThings'>,
  code: string,
): readonly [code: string, reason?: string] {
  const called = errors?.[code];
  if (called) return called;
  return [errorOfThings !== undefined && code.includes('.') ? errorOfThings : code];
}
