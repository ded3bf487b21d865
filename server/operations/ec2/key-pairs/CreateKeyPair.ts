import type {
  CreateKeyPairRequest,
  CreateKeyPairResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { addKeyPair, checkKeyName } from '../../../domain/key-pairs.ts';
import { makeSshKey, type SshKeyType } from '../../../domain/ssh-keys.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';

export const createKeyPair: Operation<CreateKeyPairRequest, CreateKeyPairResult> = {
  accepts: ['KeyName', 'KeyType', 'KeyFormat', 'TagSpecifications'],
  async run(input, context) {
    const { KeyName: name } = input;
    checkKeyName(name);
    checkFormat(input.KeyFormat);
    const keyType = keyTypeOf(input.KeyType);
    const tags = tagsOfSpecifications(input.TagSpecifications, ['key-pair'])['key-pair'];
    // Before the transaction: an RSA key takes a good part of a second.
    const { privateKey, publicKey, fingerprint } = await makeSshKey(keyType);
    const pair = { name, keyType, publicKey, fingerprint, tags };
    const row = await context.catalog.write((transaction) =>
      addKeyPair(transaction, context.caller, pair, context),
    );
    return {
      KeyPairId: row.id,
      KeyName: name,
      KeyFingerprint: fingerprint,
      KeyMaterial: privateKey,
      Tags: tagList(tags),
    };
  },
};

function keyTypeOf(text = 'rsa'): SshKeyType {
  if (text === 'rsa' || text === 'ed25519') return text;
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid value '${text}' for keyType. It is rsa or ed25519.`,
  );
}

function checkFormat(format = 'pem'): void {
  if (format === 'pem') return;
  if (format === 'ppk') {
    throw new ServiceError(
      'UnsupportedOperation',
      'Imago gives private keys as pem only; PuTTYgen converts them to ppk.',
    );
  }
  throw new ServiceError('InvalidParameterValue', `Invalid value '${format}' for keyFormat.`);
}
