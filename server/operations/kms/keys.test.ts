/** Keys of kms: their states, names, policies and tags, and what is refused. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { removeKeysPastTime } from '../../domain/kms-keys.ts';
import { MasterKey } from '../../domain/master-key.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { cancelKeyDeletion } from './CancelKeyDeletion.ts';
import { createAlias } from './CreateAlias.ts';
import { createKey } from './CreateKey.ts';
import { decrypt } from './Decrypt.ts';
import { deleteAlias } from './DeleteAlias.ts';
import { describeKey } from './DescribeKey.ts';
import { disableKey } from './DisableKey.ts';
import { enableKey } from './EnableKey.ts';
import { encrypt } from './Encrypt.ts';
import { generateDataKey } from './GenerateDataKey.ts';
import { getKeyPolicy } from './GetKeyPolicy.ts';
import { getKeyRotationStatus } from './GetKeyRotationStatus.ts';
import { listAliases } from './ListAliases.ts';
import { listKeys } from './ListKeys.ts';
import { listResourceTags } from './ListResourceTags.ts';
import { scheduleKeyDeletion } from './ScheduleKeyDeletion.ts';
import { tagResource } from './TagResource.ts';
import { untagResource } from './UntagResource.ts';
import { updateAlias } from './UpdateAlias.ts';
import { updateKeyDescription } from './UpdateKeyDescription.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const Plaintext = Buffer.from('plain');

async function newKey(description = ''): Promise<{ KeyId: string; Arn: string }> {
  const { KeyMetadata } = await createKey.run({ Description: description }, context);
  return { KeyId: KeyMetadata?.KeyId ?? '', Arn: KeyMetadata?.Arn ?? '' };
}

test('a key is symmetric, and named by id, ARN, alias and ARN of the alias', async () => {
  const { KeyId, Arn } = await newKey('for volumes');
  await createAlias.run({ AliasName: 'alias/disks', TargetKeyId: KeyId }, context);
  const { account } = context.caller;
  const aliasArn = `arn:aws:kms:us-east-1:${account}:alias/disks`;
  for (const name of [KeyId, Arn, 'alias/disks', aliasArn]) {
    const { KeyMetadata } = await describeKey.run({ KeyId: name }, context);
    assert.deepEqual(
      [KeyMetadata?.Arn, KeyMetadata?.KeyState, KeyMetadata?.Description, KeyMetadata?.KeySpec],
      [Arn, 'Enabled', 'for volumes', 'SYMMETRIC_DEFAULT'],
    );
  }
  assert.deepEqual((await listKeys.run({}, context)).Keys, [{ KeyId, KeyArn: Arn }]);
  const elsewhere = context.as({ region: 'eu-west-1' });
  for (const name of [KeyId, Arn, 'alias/disks']) {
    const look = describeKey.run({ KeyId: name }, elsewhere);
    await assert.rejects(look, { code: 'NotFoundException' }, name);
  }
  await assert.rejects(describeKey.run({ KeyId: 'arn:aws:s3:::a' }, context), {
    code: 'InvalidArnException',
  });
  for (const input of [
    { KeySpec: 'RSA_2048' },
    { CustomerMasterKeySpec: 'ECC_NIST_P256' },
    { KeyUsage: 'SIGN_VERIFY' },
  ]) {
    const made = createKey.run(input, context);
    await assert.rejects(made, { code: 'UnsupportedOperationException' });
  }
});

test('a disabled key does nothing until it is enabled', async () => {
  const { KeyId } = await newKey();
  const { CiphertextBlob } = await encrypt.run({ KeyId, Plaintext }, context);
  await disableKey.run({ KeyId }, context);
  const uses = () => [
    encrypt.run({ KeyId, Plaintext }, context),
    decrypt.run({ CiphertextBlob }, context),
    generateDataKey.run({ KeyId, KeySpec: 'AES_256' }, context),
  ];
  for (const use of uses()) await assert.rejects(use, { code: 'DisabledException' });
  const { KeyMetadata } = await describeKey.run({ KeyId }, context);
  assert.deepEqual([KeyMetadata?.Enabled, KeyMetadata?.KeyState], [false, 'Disabled']);
  await enableKey.run({ KeyId }, context);
  for (const use of uses()) await use;
});

test('a deletion takes its days, can be taken back, and then takes all that names the key', async () => {
  const { KeyId } = await newKey();
  await createAlias.run({ AliasName: 'alias/gone', TargetKeyId: KeyId }, context);
  for (const PendingWindowInDays of [6, 31]) {
    const asked = scheduleKeyDeletion.run({ KeyId, PendingWindowInDays }, context);
    await assert.rejects(asked, { code: 'ValidationException' });
  }
  const order = () => scheduleKeyDeletion.run({ KeyId, PendingWindowInDays: 7 }, context);
  const { DeletionDate, KeyState, PendingWindowInDays } = await order();
  assert.deepEqual(
    [DeletionDate, KeyState, PendingWindowInDays],
    [new Date('2026-11-30T10:00:00.000Z'), 'PendingDeletion', 7],
  );
  const invalid = { code: 'KMSInvalidStateException' };
  await assert.rejects(order(), invalid);
  await assert.rejects(encrypt.run({ KeyId, Plaintext }, context), invalid);
  await assert.rejects(enableKey.run({ KeyId }, context), invalid);
  await cancelKeyDeletion.run({ KeyId }, context);
  await assert.rejects(cancelKeyDeletion.run({ KeyId }, context), invalid);
  await assert.rejects(encrypt.run({ KeyId, Plaintext }, context), { code: 'DisabledException' });
  await order();
  context.now = new Date('2026-11-30T09:59:59.999Z');
  await removeKeysPastTime(context.catalog, context.now);
  assert.equal((await listKeys.run({}, context)).Keys?.length, 1);
  context.now = new Date('2026-11-30T10:00:00.000Z');
  // Its time counts, not when it is cleared away.
  await assert.rejects(describeKey.run({ KeyId }, context), { code: 'NotFoundException' });
  await removeKeysPastTime(context.catalog, context.now);
  assert.deepEqual((await listKeys.run({}, context)).Keys, []);
  assert.deepEqual((await listAliases.run({}, context)).Aliases, []);
});

test('an alias names one key, then another; those of the service are its own', async () => {
  const [one, other] = [await newKey(), await newKey()];
  const AliasName = 'alias/a';
  await createAlias.run({ AliasName, TargetKeyId: one.KeyId }, context);
  const twice = createAlias.run({ AliasName, TargetKeyId: other.KeyId }, context);
  await assert.rejects(twice, { code: 'AlreadyExistsException' });
  await updateAlias.run({ AliasName, TargetKeyId: other.Arn }, context);
  const { Aliases: ofOther } = await listAliases.run({ KeyId: other.KeyId }, context);
  assert.deepEqual(
    ofOther?.map((alias) => [alias.AliasName, alias.TargetKeyId]),
    [[AliasName, other.KeyId]],
  );
  assert.deepEqual((await listAliases.run({ KeyId: one.KeyId }, context)).Aliases, []);
  await deleteAlias.run({ AliasName }, context);
  await assert.rejects(deleteAlias.run({ AliasName }, context), { code: 'NotFoundException' });
  for (const name of ['a', 'alias/', 'alias/a b', 'alias/aws/own']) {
    const made = createAlias.run({ AliasName: name, TargetKeyId: one.KeyId }, context);
    await assert.rejects(made, { code: 'InvalidAliasNameException' }, name);
  }
});

test('alias/aws/ebs is made when it is first asked for, in each region, and cannot be changed', async () => {
  assert.deepEqual((await listKeys.run({}, context)).Keys, []);
  const ask = (as: OperationContext = context) => describeKey.run({ KeyId: 'alias/aws/ebs' }, as);
  const { KeyMetadata } = await ask();
  assert.equal(KeyMetadata?.KeyManager, 'AWS');
  assert.equal((await ask()).KeyMetadata?.KeyId, KeyMetadata?.KeyId);
  const elsewhere = await ask(context.as({ region: 'eu-west-1' }));
  assert.notEqual(elsewhere.KeyMetadata?.KeyId, KeyMetadata?.KeyId);
  const KeyId = KeyMetadata?.KeyId ?? '';
  const changes = [
    disableKey.run({ KeyId }, context),
    scheduleKeyDeletion.run({ KeyId }, context),
    tagResource.run({ KeyId, Tags: [{ TagKey: 'a', TagValue: 'b' }] }, context),
    createAlias.run({ AliasName: 'alias/mine', TargetKeyId: KeyId }, context),
  ];
  for (const change of changes) await assert.rejects(change, { code: 'AccessDeniedException' });
});

test('description, tags, policy and rotation', async () => {
  const { KeyId } = await newKey();
  await updateKeyDescription.run({ KeyId, Description: 'new' }, context);
  const { KeyMetadata } = await describeKey.run({ KeyId }, context);
  assert.equal(KeyMetadata?.Description, 'new');
  const Tags = ['b', 'a', 'c'].map((TagKey) => ({ TagKey, TagValue: TagKey }));
  await tagResource.run({ KeyId, Tags }, context);
  await untagResource.run({ KeyId, TagKeys: ['c', 'none'] }, context);
  const first = await listResourceTags.run({ KeyId, Limit: 1 }, context);
  assert.deepEqual([first.Tags, first.Truncated], [[{ TagKey: 'a', TagValue: 'a' }], true]);
  const { NextMarker: Marker } = first;
  const second = await listResourceTags.run({ KeyId, Limit: 1, Marker }, context);
  assert.deepEqual([second.Tags?.[0]?.TagKey, second.Truncated], ['b', false]);
  const reserved = { KeyId, Tags: [{ TagKey: 'aws:a', TagValue: '' }] };
  await assert.rejects(tagResource.run(reserved, context), { code: 'TagException' });
  const { Policy = '' } = await getKeyPolicy.run({ KeyId }, context);
  const [{ Principal }] = JSON.parse(Policy).Statement;
  assert.equal(Principal.AWS, `arn:aws:iam::${context.caller.account}:root`);
  const { KeyRotationEnabled } = await getKeyRotationStatus.run({ KeyId }, context);
  assert.equal(KeyRotationEnabled, false);
  const bad = listKeys.run({ Marker: 'bm9uZQ' }, context);
  await assert.rejects(bad, { code: 'InvalidMarkerException' });
});

test('no key is in the catalog as it is, and none is good in another row', async () => {
  const [one, other] = [await newKey(), await newKey()];
  const { CiphertextBlob } = await encrypt.run({ KeyId: one.KeyId, Plaintext }, context);
  await context.catalog.write(async ({ kmsKeys }) => {
    const [from, to] = [await kmsKeys.get(other.KeyId), await kmsKeys.get(one.KeyId)];
    if (from && to) await kmsKeys.update({ ...to, material: from.material });
  });
  await assert.rejects(decrypt.run({ CiphertextBlob }, context), /another row's/);
});

test('without its master key nothing is made or opened, and all of it is described', async () => {
  const { KeyId } = await newKey();
  const { CiphertextBlob } = await encrypt.run({ KeyId, Plaintext }, context);
  const locked = { ...context, masterKey: MasterKey.absent('it is elsewhere') };
  const told = { code: 'KeyUnavailableException', message: /it is elsewhere/ };
  await assert.rejects(createKey.run({}, locked), told);
  await assert.rejects(encrypt.run({ KeyId, Plaintext }, locked), told);
  await assert.rejects(decrypt.run({ CiphertextBlob }, locked), told);
  assert.equal((await describeKey.run({ KeyId }, locked)).KeyMetadata?.KeyState, 'Enabled');
  const other = { ...context, masterKey: MasterKey.of(Buffer.alloc(32, 'other')) };
  await assert.rejects(decrypt.run({ CiphertextBlob }, other), /was changed/);
});
