import type { ReEncryptRequest, ReEncryptResult } from '../../../api/generated/kms-types.ts';
import { checkGrantTokens } from '../../domain/kms-grants.ts';
import { checkUsable, keyArn, materialOf, requiredKeyFor } from '../../domain/kms-keys.ts';
import type { Operation } from '../operation.ts';
import { checkedBlob, checkedContext } from '../requests/kms.ts';
import { symmetric } from '../shapes/kms.ts';
import { opened } from './opened-blob.ts';

export const reEncrypt: Operation<ReEncryptRequest, ReEncryptResult> = {
  accepts: [
    'CiphertextBlob',
    'SourceEncryptionContext',
    'SourceKeyId',
    'DestinationKeyId',
    'DestinationEncryptionContext',
    'GrantTokens',
  ],
  fixed: { SourceEncryptionAlgorithm: symmetric, DestinationEncryptionAlgorithm: symmetric },
  async run(input, context) {
    const { catalog, caller, clock, masterKey } = context;
    checkGrantTokens(input.GrantTokens);
    const destinationContext = checkedContext(input.DestinationEncryptionContext);
    const now = clock.now();
    const destination = await catalog.read((reader) =>
      requiredKeyFor(reader, caller, input.DestinationKeyId, 'ReEncryptTo', now),
    );
    checkUsable(destination);
    const { key: source, plain } = await opened(context, {
      blob: checkedBlob(input.CiphertextBlob ?? new Uint8Array()),
      context: checkedContext(input.SourceEncryptionContext),
      keyId: input.SourceKeyId,
      operation: 'ReEncryptFrom',
    });
    return {
      CiphertextBlob: materialOf(destination, masterKey).encrypt(plain, destinationContext),
      SourceKeyId: keyArn(source),
      KeyId: keyArn(destination),
      SourceEncryptionAlgorithm: symmetric,
      DestinationEncryptionAlgorithm: symmetric,
    };
  },
};
