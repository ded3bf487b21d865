import type { EncryptRequest, EncryptResult } from '../../../api/generated/kms-types.ts';
import { checkGrantTokens } from '../../domain/kms-grants.ts';
import { checkUsable, keyArn, materialOf, requiredKeyFor } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { checkedContext, checkedPlaintext } from '../requests/kms.ts';
import { symmetric } from '../shapes/kms.ts';

export const encrypt: Operation<EncryptRequest, EncryptResult> = {
  accepts: ['KeyId', 'Plaintext', 'EncryptionContext', 'GrantTokens'],
  fixed: { EncryptionAlgorithm: symmetric },
  async run(input, { catalog, caller, clock, masterKey }) {
    checkGrantTokens(input.GrantTokens);
    const plaintext = checkedPlaintext(input.Plaintext);
    const context = checkedContext(input.EncryptionContext);
    const now = clock.now();
    const key = await catalog.read((reader) =>
      requiredKeyFor(reader, caller, input.KeyId, 'Encrypt', now),
    );
    checkUsable(key);
    return {
      CiphertextBlob: materialOf(key, masterKey).encrypt(plaintext, context),
      KeyId: keyArn(key),
      EncryptionAlgorithm: symmetric,
    };
  },
};
