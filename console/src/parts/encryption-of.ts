/** What was chosen of keys (key-choice.tsx), in the words of the API. */

/** Encrypted, by whatever key is the default one. */
export const anyKey = 'default';

/** Nothing where it is as usual. */
export function encryptionOf(value: string): { Encrypted?: true; KmsKeyId?: string } {
  if (value === '') return {};
  return value === anyKey ? { Encrypted: true } : { Encrypted: true, KmsKeyId: value };
}
