import { createKeyPair } from '../../../server/operations/ec2/key-pairs/CreateKeyPair.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { type AuthorisationTable, byOne } from '../table.ts';

async function make(context: OperationContext) {
  const KeyName = context.ids.resource('key-of-matrix');
  const { KeyPairId = '' } = await createKeyPair.run({ KeyName, KeyType: 'ed25519' }, context);
  return { KeyName, KeyPairId };
}

export const table: AuthorisationTable = {
  nouns: {
    keyName: {
      make: async (context) => (await make(context)).KeyName,
      missing: 'a-key-of-nobody',
      unseen: 'InvalidKeyPair.NotFound',
    },
    keyPair: {
      make: async (context) => (await make(context)).KeyPairId,
      missing: 'key-0fedcba9876543210',
      unseen: 'InvalidKeyPair.NotFound',
    },
  },
  actions: {
    'ec2.CreateKeyPair': { with: { KeyName: 'new' }, plain: ['KeyName'] },
    // EC2 deletes what is not there without a word.
    'ec2.DeleteKeyPair': byOne('KeyName', 'keyName', {
      unseen: 'ok',
      names: [{ path: 'KeyPairId', noun: 'keyPair', unseen: 'ok' }],
    }),
    'ec2.DescribeKeyPairs': byOne('KeyNames', 'keyName', {
      names: [{ path: 'KeyPairIds', noun: 'keyPair' }],
    }),
    'ec2.ImportKeyPair': {
      with: {
        KeyName: 'imported',
        PublicKeyMaterial: Buffer.from(
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJlThvAFDlQ2Ck1YIGO+SxB+lMyYvnpMbVVs54bPoOyF',
        ).toString('base64'),
      },
      plain: ['KeyName'],
    },
  },
};
