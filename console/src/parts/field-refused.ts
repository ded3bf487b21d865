/** Which field of a form a refusal of the API is about, by its words; what is no refusal is of none. */
import { ApiError, isUnreachable } from '../api/client.ts';

/** The first that matches. */
export type FieldsByWords<Name> = readonly (readonly [RegExp, Name])[];

export function fieldRefused<Name>(error: unknown, fields: FieldsByWords<Name>): Name | undefined {
  if (!(error instanceof ApiError) || isUnreachable(error)) return undefined;
  return fields.find(([pattern]) => pattern.test(error.message))?.[1];
}
