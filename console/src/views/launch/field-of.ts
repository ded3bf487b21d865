/** Which field of the form a refusal of the API is about, where its code or words tell. */
import { ApiError } from '../../api/client.ts';

export type FieldName =
  | 'image'
  | 'template'
  | 'type'
  | 'count'
  | 'key'
  | 'groups'
  | 'volumes'
  | 'userData';

/** The first that matches code and message together. */
const fields: readonly [RegExp, FieldName][] = [
  [/^InvalidAMIID|^InvalidAMI|^OptInRequired/, 'image'],
  [/^InvalidLaunchTemplate/, 'template'],
  [/^InvalidKeyPair/, 'key'],
  [/^InvalidGroup|^SecurityGroup/, 'groups'],
  [/^InvalidUserData/, 'userData'],
  [/^InvalidBlockDeviceMapping|^InsufficientVolumeCapacity|\b(VolumeSize|VolumeType)\b/, 'volumes'],
  [/\bInstanceType\b|instance type/i, 'type'],
  [/^InstanceLimitExceeded|^InsufficientInstanceCapacity|\b(MinCount|MaxCount)\b/, 'count'],
];

export function fieldOf(error: unknown): FieldName | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const said = `${error.code}: ${error.message}`;
  return fields.find(([pattern]) => pattern.test(said))?.[1];
}
