import type { DecryptRequest, DecryptResult } from '../../../api/generated/kms-types.ts';
import { checkGrantTokens } from '../../domain/kms-grants.ts';
import { keyArn } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { checkedBlob, checkedContext } from '../requests/kms.ts';
import { symmetric } from '../shapes/kms.ts';
import { opened } from './opened-blob.ts';

export const decrypt: Operation<DecryptRequest, DecryptResult> = {
  accepts: ['CiphertextBlob', 'EncryptionContext', 'GrantTokens', 'KeyId'],
  fixed: { EncryptionAlgorithm: symmetric },
  async run(input, context) {
    checkGrantTokens(input.GrantTokens);
    const { key, plain } = await opened(context, {
      blob: checkedBlob(input.CiphertextBlob ?? new Uint8Array()),
      context: checkedContext(input.EncryptionContext),
      keyId: input.KeyId,
      operation: 'Decrypt',
    });
    return { KeyId: keyArn(key), Plaintext: plain, EncryptionAlgorithm: symmetric };
  },
};
