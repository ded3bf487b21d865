/** Which of the wishes a refusal of the API is about, where its code or words tell. */
import { ApiError } from '../../api/client.ts';
import type { Otherwise } from './request.ts';

export type FieldName = Otherwise | 'type' | 'userData';

/** The first that matches code and message together. */
const fields: readonly [RegExp, FieldName][] = [
  [/^InvalidKeyPair/, 'key'],
  [/^InvalidSubnetID|^InsufficientFreeAddressesInSubnet/, 'subnet'],
  [/^InvalidGroup|^SecurityGroup|security group/i, 'group'],
  [/^InvalidIPAddress|: Address /, 'address'],
  [/^InvalidUserData|\bUserData\b|[Uu]ser data/, 'userData'],
  [/\bdevice\b|^InvalidBlockDeviceMapping/, 'without'],
  [/\bInstanceType\b|instance type|^InsufficientInstanceCapacity/i, 'type'],
  [/\btags?\b/i, 'name'],
];

export function fieldOf(error: unknown): FieldName | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const said = `${error.code}: ${error.message}`;
  return fields.find(([pattern]) => pattern.test(said))?.[1];
}
