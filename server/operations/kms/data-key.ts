/** A data key: random bytes, and a ciphertext blob of them. */
import { randomBytes } from 'node:crypto';
import { checkGrantTokens, type GrantOperation } from '../../domain/kms-grants.ts';
import { checkUsable, keyArn, materialOf, requiredKeyFor } from '../../domain/kms-keys.ts';
import type { OperationContext } from '../operation.ts';
import { checkedContext, dataKeyBytes } from '../requests/kms.ts';

interface Asked {
  KeyId: string;
  EncryptionContext?: Record<string, string>;
  KeySpec?: string;
  NumberOfBytes?: number;
  GrantTokens?: string[];
}

export const dataKeyMembers = [
  'KeyId',
  'EncryptionContext',
  'KeySpec',
  'NumberOfBytes',
  'GrantTokens',
];

export async function newDataKey(
  asked: Asked,
  operation: GrantOperation,
  { catalog, caller, clock, masterKey }: OperationContext,
) {
  checkGrantTokens(asked.GrantTokens);
  const bytes = dataKeyBytes(asked.KeySpec, asked.NumberOfBytes);
  const context = checkedContext(asked.EncryptionContext);
  const now = clock.now();
  const key = await catalog.read((reader) =>
    requiredKeyFor(reader, caller, asked.KeyId, operation, now),
  );
  checkUsable(key);
  const plain = randomBytes(bytes);
  const blob = materialOf(key, masterKey).encrypt(plain, context);
  return { plain, blob, arn: keyArn(key) };
}
