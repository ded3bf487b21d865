import type {
  ImportKeyPairRequest,
  ImportKeyPairResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { addKeyPair, checkKeyName } from '../../../domain/key-pairs.ts';
import { readSshPublicKey } from '../../../domain/ssh-keys.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';

export const importKeyPair: Operation<ImportKeyPairRequest, ImportKeyPairResult> = {
  accepts: ['KeyName', 'PublicKeyMaterial', 'TagSpecifications'],
  async run(input, context) {
    const { KeyName: name } = input;
    checkKeyName(name);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['key-pair'])['key-pair'];
    const key = readSshPublicKey(input.PublicKeyMaterial);
    if (!key) {
      throw new ServiceError(
        'InvalidKey.Format',
        'Key is not in valid OpenSSH public key format: an RSA key of 1024, 2048 or 4096 bits, or an ED25519 key, is expected.',
      );
    }
    const pair = { name, tags, ...key };
    const row = await context.catalog.write((transaction) =>
      addKeyPair(transaction, context.caller, pair, context),
    );
    return {
      KeyPairId: row.id,
      KeyName: name,
      KeyFingerprint: key.fingerprint,
      Tags: tagList(tags),
    };
  },
};
