/** A ciphertext blob, opened by the key that it names; where a request names one too, the same. */
import { ServiceError } from '../../../api/service-error.ts';
import type { KmsKeyRow } from '../../catalog/rows/kms.ts';
import type { GrantOperation } from '../../domain/kms-grants.ts';
import { checkUsable, keyOfCiphertext, materialOf, requiredKeyFor } from '../../domain/kms-keys.ts';
import { type EncryptionContext, keyIdOfBlob } from '../../domain/kms-material.ts';
import type { OperationContext } from '../operation.ts';

export async function opened(
  { catalog, caller, clock, masterKey }: OperationContext,
  asked: {
    blob: Buffer;
    context: EncryptionContext;
    keyId?: string;
    operation: GrantOperation;
  },
): Promise<{ key: KmsKeyRow; plain: Buffer }> {
  const { blob, context, keyId, operation } = asked;
  const id = keyIdOfBlob(blob);
  const now = clock.now();
  const key = await catalog.read(async (reader) => {
    if (keyId === undefined) return keyOfCiphertext(reader, caller, id, operation, now);
    const named = await requiredKeyFor(reader, caller, keyId, operation, now);
    if (named.id === id) return named;
    throw new ServiceError(
      'IncorrectKeyException',
      'The key ID in the request does not identify a key that can perform this operation.',
    );
  });
  checkUsable(key);
  return { key, plain: materialOf(key, masterKey).decrypt(blob, context) };
}
