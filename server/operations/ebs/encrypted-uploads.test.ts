/** Snapshots that are put block by block and encrypted: what EBS has for that, and nothing plain. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { digestOf, zeroBlock } from '../../blocks/block-store.ts';
import { modifySnapshotAttribute } from '../ec2/snapshots/ModifySnapshotAttribute.ts';
import { createVolume } from '../ec2/volumes/CreateVolume.ts';
import { disableEbsEncryptionByDefault } from '../ec2/volumes/DisableEbsEncryptionByDefault.ts';
import { enableEbsEncryptionByDefault } from '../ec2/volumes/EnableEbsEncryptionByDefault.ts';
import { createGrant } from '../kms/CreateGrant.ts';
import { createKey } from '../kms/CreateKey.ts';
import { disableKey } from '../kms/DisableKey.ts';
import { enableKey } from '../kms/EnableKey.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import {
  complete,
  download,
  linearOf,
  put,
  putRequest,
  start,
  testBlock,
  upload,
} from '../test-uploads.ts';
import { completeSnapshot } from './CompleteSnapshot.ts';
import { getSnapshotBlock } from './GetSnapshotBlock.ts';
import { listChangedBlocks } from './ListChangedBlocks.ts';
import { putSnapshotBlock } from './PutSnapshotBlock.ts';
import { startSnapshot } from './StartSnapshot.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function newKey(of: OperationContext = context): Promise<string> {
  const { KeyMetadata } = await createKey.run({}, of);
  return KeyMetadata?.Arn ?? '';
}

const started = (input: object) => startSnapshot.run({ VolumeSize: 1, ...input }, context);
const rowOf = (id: string) => context.catalog.read(({ snapshots }) => snapshots.get(id));

/** As they are in the store. */
async function stored(): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for await (const { digest } of context.store.list()) found.push(await context.store.get(digest));
  return found;
}

test('what is put is sealed, and told of as if it were plain; its journal tells nothing of it', async () => {
  const KmsKeyArn = await newKey();
  const answer = await started({ Encrypted: true, KmsKeyArn });
  assert.deepEqual([answer.KmsKeyArn, answer.SseType], [KmsKeyArn, 'sse-kms']);
  const { SnapshotId: id = '' } = answer;
  const blocks = [testBlock(0), zeroBlock, testBlock(2), testBlock('again')];
  for (const [index, block] of blocks.entries()) await put(context, id, index, block);
  await put(context, id, 3, testBlock(3));
  const wrong = {
    ...putRequest(id, 0, testBlock('other')),
    Checksum: putRequest(id, 0, zeroBlock).Checksum,
  };
  await assert.rejects(putSnapshotBlock.run(wrong, context), { code: 'InvalidBlock' });
  const journal = await readFile(context.home.draftFile(id));
  assert.equal(journal.includes(Buffer.from(digestOf(testBlock(0)), 'hex')), false);
  const request = {
    SnapshotId: id,
    ChangedBlocksCount: 4,
    ChecksumAlgorithm: 'SHA256',
    ChecksumAggregationMethod: 'LINEAR',
  };
  const lie = completeSnapshot.run({ ...request, Checksum: linearOf(blocks) }, context);
  await assert.rejects(lie, { code: 'InvalidParameterValue' });
  blocks[3] = testBlock(3);
  await completeSnapshot.run({ ...request, Checksum: linearOf(blocks) }, context);
  assert.deepEqual(await download(context, id), { 0: blocks[0], 2: blocks[2], 3: blocks[3] });
  for (const bytes of await stored()) assert.equal(bytes.includes('block 2 '), false);
  const volume = { AvailabilityZone: 'us-east-1a', SnapshotId: id };
  assert.equal((await createVolume.run(volume, context)).KmsKeyId, KmsKeyArn);
});

test('over an encrypted parent it is under the same key, and reads by the checksum of plain blocks', async () => {
  const KmsKeyArn = await newKey();
  const parent = await upload(
    context,
    { 0: testBlock('a'), 1: testBlock('b') },
    { Encrypted: true, KmsKeyArn },
  );
  const child = await started({ ParentSnapshotId: parent });
  assert.equal(child.KmsKeyArn, KmsKeyArn);
  const { SnapshotId: id = '' } = child;
  await put(context, id, 1, testBlock('c'));
  await complete(context, id, 1);
  assert.deepEqual(await download(context, id), { 0: testBlock('a'), 1: testBlock('c') });
  const order = { FirstSnapshotId: parent, SecondSnapshotId: id };
  const { ChangedBlocks = [] } = await listChangedBlocks.run(order, context);
  assert.deepEqual(
    ChangedBlocks.map(({ BlockIndex }) => BlockIndex),
    [1],
  );
  const BlockToken = ChangedBlocks[0]?.SecondBlockToken ?? '';
  const read = await getSnapshotBlock.run({ SnapshotId: id, BlockIndex: 1, BlockToken }, context);
  assert.equal(read.Checksum, putRequest(id, 1, testBlock('c')).Checksum);
  for (const more of [{ Encrypted: true }, { Encrypted: false }, { KmsKeyArn }]) {
    const both = started({ ParentSnapshotId: parent, ...more });
    await assert.rejects(both, { code: 'InvalidParameterCombination' });
  }
});

test('by default it is encrypted; what would be plain, or be over what is, is refused', async () => {
  const plain = await upload(context, { 0: testBlock('a') });
  const KmsKeyArn = await newKey();
  const code = 'InvalidParameterCombination';
  await assert.rejects(started({ KmsKeyArn }), { code });
  await enableEbsEncryptionByDefault.run({}, context);
  const usual = await started({});
  const key = await context.catalog.read(({ kmsKeys }) =>
    kmsKeys.get(usual.KmsKeyArn?.split('/')[1] ?? ''),
  );
  assert.equal(key?.manager, 'AWS');
  assert.equal((await started({ KmsKeyArn })).KmsKeyArn, KmsKeyArn);
  await assert.rejects(started({ Encrypted: false }), { code });
  await assert.rejects(started({ ParentSnapshotId: plain }), { code });
  await disableEbsEncryptionByDefault.run({}, context);
  assert.equal((await started({ Encrypted: false })).SseType, 'none');
});

test('a key that is disabled meanwhile takes no more blocks, and takes them again', async () => {
  const KmsKeyArn = await newKey();
  const id = await start(context, { Encrypted: true, KmsKeyArn });
  await put(context, id, 0, testBlock(0));
  await disableKey.run({ KeyId: KmsKeyArn }, context);
  const code = 'InvalidKMSKey.InvalidState';
  await assert.rejects(put(context, id, 1, testBlock(1)), { code });
  await assert.rejects(started({ Encrypted: true, KmsKeyArn }), { code });
  await enableKey.run({ KeyId: KmsKeyArn }, context);
  await put(context, id, 1, testBlock(1));
  await complete(context, id, 2);
  assert.deepEqual(await download(context, id), { 0: testBlock(0), 1: testBlock(1) });
});

test('one whose key is gone ends, and says why', async () => {
  const KmsKeyArn = await newKey();
  const id = await start(context, { Encrypted: true, KmsKeyArn });
  await context.catalog.write(({ kmsKeys }) => kmsKeys.delete(KmsKeyArn.split('/')[1] ?? ''));
  const code = 'InvalidKMSKey.InvalidState';
  await assert.rejects(complete(context, id, 0), { code });
  const row = await rowOf(id);
  assert.equal(row?.state, 'error');
  assert.match(row?.stateMessage ?? '', /does not exist any more/);
});

test("another account's key is used by a grant of both what seals and what opens", async () => {
  const other = await context.asNewAccount();
  const KmsKeyArn = await newKey(other);
  const input = { Encrypted: true, KmsKeyArn };
  await assert.rejects(started(input), { code: 'InvalidKMSKey.NotFound' });
  const grant = (Operations: ('Decrypt' | 'GenerateDataKeyWithoutPlaintext')[]) => {
    const GranteePrincipal = context.caller.account;
    return createGrant.run({ KeyId: KmsKeyArn, GranteePrincipal, Operations }, other);
  };
  await grant(['GenerateDataKeyWithoutPlaintext']);
  await assert.rejects(started(input), { code: 'InvalidKMSKey.NotFound' });
  await grant(['Decrypt']);
  const id = await upload(context, { 0: testBlock('a') }, input);
  assert.deepEqual((await rowOf(id))?.encryption?.keyOwner, other.caller.account);
  const volume = { AvailabilityZone: 'us-east-1a', SnapshotId: id };
  assert.equal((await createVolume.run(volume, context)).KmsKeyId, KmsKeyArn);
  // Over a snapshot that is shared, by whoever may use its key.
  const CreateVolumePermission = { Add: [{ UserId: other.caller.account }] };
  await modifySnapshotAttribute.run({ SnapshotId: id, CreateVolumePermission }, context);
  const theirs = await start(other, { ParentSnapshotId: id });
  await complete(other, theirs, 0);
  assert.deepEqual(await download(other, theirs), { 0: testBlock('a') });
});
