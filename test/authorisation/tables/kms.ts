import { KeyMaterial } from '../../../server/domain/kms-material.ts';
import { createAlias } from '../../../server/operations/kms/CreateAlias.ts';
import { createGrant } from '../../../server/operations/kms/CreateGrant.ts';
import { createKey } from '../../../server/operations/kms/CreateKey.ts';
import { encrypt } from '../../../server/operations/kms/Encrypt.ts';
import type { OperationContext } from '../../../server/operations/operation.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

async function madeKey(context: OperationContext): Promise<string> {
  const { KeyMetadata } = await createKey.run({}, context);
  return KeyMetadata?.KeyId ?? '';
}

const missingKey = '00000000-0000-4000-8000-00000badc0de';
const Plaintext = Buffer.from('plain');
const operations = { Operations: ['Decrypt'], GranteePrincipal: '200000000999' };

/** The number alone is in what others share. */
const arnOf = (account: string) => `arn:aws:iam::${account}:root`;

export const table: AuthorisationTable = {
  nouns: {
    /** Named by its id, which is looked up among one's own. */
    kmsKey: { make: madeKey, missing: missingKey, unseen: 'NotFoundException' },
    pendingKey: {
      async make(context) {
        const id = await madeKey(context);
        await context.catalog.write(async ({ kmsKeys }) => {
          const row = await kmsKeys.get(id);
          const deletionAt = '2099-01-01T00:00:00.000Z';
          if (row) await kmsKeys.update({ ...row, state: 'PendingDeletion', deletionAt });
        });
        return id;
      },
      missing: missingKey,
      unseen: 'NotFoundException',
    },
    kmsAlias: {
      async make(context) {
        const AliasName = `alias/${context.ids.resource('made')}`;
        await createAlias.run({ AliasName, TargetKeyId: await madeKey(context) }, context);
        return AliasName;
      },
      missing: 'alias/made-by-nobody',
      unseen: 'NotFoundException',
    },
    /** By its token, which names the key as well. */
    kmsGrant: {
      async make(context) {
        const KeyId = await madeKey(context);
        const { GrantToken } = await createGrant.run({ KeyId, ...operations }, context);
        return GrantToken ?? '';
      },
      missing: Buffer.from(`${missingKey} ${'0'.repeat(64)}`).toString('base64url'),
      unseen: 'NotFoundException',
    },
    /** The account itself, with a grant that it may retire. */
    kmsRetiring: {
      async make(context) {
        const KeyId = await madeKey(context);
        const RetiringPrincipal = arnOf(context.caller.account);
        await createGrant.run({ KeyId, ...operations, RetiringPrincipal }, context);
        return RetiringPrincipal;
      },
      missing: arnOf(operations.GranteePrincipal),
      unseen: 'AccessDeniedException',
    },
    /** Base64, as in JSON. */
    kmsBlob: {
      async make(context) {
        const KeyId = await madeKey(context);
        const { CiphertextBlob } = await encrypt.run({ KeyId, Plaintext }, context);
        return Buffer.from(CiphertextBlob ?? []).toString('base64');
      },
      missing: new KeyMaterial(missingKey, Buffer.alloc(32)).encrypt(Plaintext).toString('base64'),
      unseen: 'AccessDeniedException',
    },
  },
  actions: {
    'kms.CancelKeyDeletion': byOne('KeyId', 'pendingKey'),
    'kms.CreateAlias': byOne('TargetKeyId', 'kmsKey', {
      with: { AliasName: 'alias/new' },
      plain: ['AliasName'],
    }),
    'kms.CreateGrant': byOne('KeyId', 'kmsKey', { with: operations, plain: ['Name'] }),
    'kms.CreateKey': ownOnly,
    'kms.Decrypt': byOne('CiphertextBlob', 'kmsBlob', { plain: ['KeyId'] }),
    'kms.DeleteAlias': byOne('AliasName', 'kmsAlias'),
    'kms.DescribeKey': byOne('KeyId', 'kmsKey'),
    'kms.DisableKey': byOne('KeyId', 'kmsKey'),
    'kms.EnableKey': byOne('KeyId', 'kmsKey'),
    'kms.Encrypt': byOne('KeyId', 'kmsKey', {
      with: { Plaintext: Plaintext.toString('base64') },
    }),
    'kms.GenerateDataKey': byOne('KeyId', 'kmsKey', { with: { KeySpec: 'AES_256' } }),
    'kms.GenerateDataKeyWithoutPlaintext': byOne('KeyId', 'kmsKey', {
      with: { KeySpec: 'AES_256' },
    }),
    'kms.GetKeyPolicy': byOne('KeyId', 'kmsKey'),
    'kms.GetKeyRotationStatus': byOne('KeyId', 'kmsKey'),
    'kms.ListAliases': byOne('KeyId', 'kmsKey'),
    'kms.ListGrants': byOne('KeyId', 'kmsKey', { plain: ['GrantId'] }),
    'kms.ListKeys': ownOnly,
    'kms.ListResourceTags': byOne('KeyId', 'kmsKey'),
    'kms.ListRetirableGrants': byOne('RetiringPrincipal', 'kmsRetiring'),
    'kms.ReEncrypt': byOne('DestinationKeyId', 'kmsKey', {
      needs: { CiphertextBlob: 'kmsBlob', DestinationKeyId: 'kmsKey' },
      plain: ['SourceKeyId'],
      names: [{ path: 'CiphertextBlob', noun: 'kmsBlob' }],
    }),
    'kms.RetireGrant': byOne('GrantToken', 'kmsGrant', { plain: ['KeyId', 'GrantId'] }),
    'kms.RevokeGrant': byOne('KeyId', 'kmsKey', {
      with: { GrantId: '0'.repeat(64) },
      owner: 'InvalidGrantIdException',
      plain: ['GrantId'],
    }),
    'kms.ScheduleKeyDeletion': byOne('KeyId', 'kmsKey'),
    'kms.TagResource': byOne('KeyId', 'kmsKey', {
      with: { Tags: [{ TagKey: 'made', TagValue: 'by the matrix' }] },
    }),
    'kms.UntagResource': byOne('KeyId', 'kmsKey', { with: { TagKeys: ['made'] } }),
    'kms.UpdateAlias': byOne('TargetKeyId', 'kmsKey', {
      needs: { AliasName: 'kmsAlias', TargetKeyId: 'kmsKey' },
      names: [{ path: 'AliasName', noun: 'kmsAlias' }],
    }),
    'kms.UpdateKeyDescription': byOne('KeyId', 'kmsKey', { with: { Description: 'new' } }),
  },
};
