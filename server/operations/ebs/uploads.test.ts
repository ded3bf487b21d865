import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { readBlockMap } from '../../blocks/block-map.ts';
import { blockSizeBytes, zeroBlock } from '../../blocks/block-store.ts';
import { deleteSnapshot } from '../ec2/snapshots/DeleteSnapshot.ts';
import { describeSnapshots } from '../ec2/snapshots/DescribeSnapshots.ts';
import { modifySnapshotAttribute } from '../ec2/snapshots/ModifySnapshotAttribute.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertSnapshot } from '../test-images.ts';
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
import { putSnapshotBlock } from './PutSnapshotBlock.ts';
import { startSnapshot } from './StartSnapshot.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function shown(id: string) {
  const { Snapshots } = await describeSnapshots.run({ SnapshotIds: [id] }, context);
  return Snapshots?.[0] ?? assert.fail();
}

const rowOf = (id: string) => context.catalog.read(({ snapshots }) => snapshots.get(id));

test('a snapshot is pending from the first moment, and completed when it is answered', async () => {
  const Tags = [{ Key: 'a', Value: 'b' }];
  const input = { VolumeSize: 2, Description: 'by hand', Tags, Timeout: 10 };
  const { SnapshotId: id = '', ...started } = await startSnapshot.run(input, context);
  assert.deepEqual(started, {
    OwnerId: context.caller.account,
    Status: 'pending',
    StartTime: context.now,
    VolumeSize: 2,
    BlockSize: blockSizeBytes,
    Description: 'by hand',
    ParentSnapshotId: undefined,
    KmsKeyArn: undefined,
    Tags,
    SseType: 'none',
  });
  const pending = await shown(id);
  assert.deepEqual(
    [pending.State, pending.Progress, pending.VolumeId, pending.Tags],
    ['pending', '0%', 'vol-ffffffff', Tags],
  );
  const blocks = [testBlock(0), testBlock(1), testBlock(4095)];
  await put(context, id, 4095, blocks[2] as Buffer);
  await put(context, id, 0, blocks[0] as Buffer);
  await put(context, id, 1, blocks[1] as Buffer);
  const request = {
    SnapshotId: id,
    ChangedBlocksCount: 3,
    Checksum: linearOf(blocks),
    ChecksumAlgorithm: 'SHA256',
    ChecksumAggregationMethod: 'LINEAR',
  };
  assert.deepEqual(await completeSnapshot.run(request, context), { Status: 'completed' });
  const done = await shown(id);
  assert.deepEqual(
    [done.State, done.Progress, done.FullSnapshotSizeInBytes],
    ['completed', '100%', 3 * blockSizeBytes],
  );
  assert.deepEqual(await download(context, id), {
    0: blocks[0],
    1: blocks[1],
    4095: blocks[2],
  });
});

test('64 writers at once, each block twice: what was put last at an index counts', async () => {
  const id = await start(context);
  const writers = Array.from({ length: 64 }, async (_, index) => {
    await put(context, id, index, testBlock(`first ${index}`));
    await put(context, id, index, testBlock(index));
  });
  await Promise.all(writers);
  await complete(context, id, 64);
  const blocks = await download(context, id);
  for (let index = 0; index < 64; index++) assert.deepEqual(blocks[index], testBlock(index));
});

test('zeros are stored as none, and counted as written', async () => {
  const parent = await upload(context, { 0: testBlock('a'), 1: testBlock('b') });
  const id = await start(context, { ParentSnapshotId: parent, VolumeSize: 2 });
  await put(context, id, 1, zeroBlock);
  await put(context, id, 7, testBlock('c'));
  const request = {
    SnapshotId: id,
    ChangedBlocksCount: 2,
    Checksum: linearOf([zeroBlock, testBlock('c')]),
    ChecksumAlgorithm: 'SHA256',
    ChecksumAggregationMethod: 'LINEAR',
  };
  await completeSnapshot.run(request, context);
  assert.deepEqual(await download(context, id), { 0: testBlock('a'), 7: testBlock('c') });
  const { root = '', upload: left } = (await rowOf(id)) ?? assert.fail();
  assert.equal((await readBlockMap(context.store, root)).sizeBytes, 2 * 1024 ** 3);
  assert.equal(left?.base, undefined);
  assert.equal(await context.store.has(zeroBlock.toString('hex', 0, 32)), false);
});

test('a parent is of the account or shared with it, completed, and no larger', async () => {
  const started = (ParentSnapshotId: string, VolumeSize = 8) =>
    startSnapshot.run({ ParentSnapshotId, VolumeSize }, context);
  const other = await context.asNewAccount();
  const theirs = await upload(other, { 3: testBlock('theirs') }, { VolumeSize: 8 });
  await assert.rejects(started(theirs), { code: 'InvalidSnapshot.NotFound' });
  const CreateVolumePermission = { Add: [{ UserId: context.caller.account }] };
  await modifySnapshotAttribute.run({ SnapshotId: theirs, CreateVolumePermission }, other);
  const { SnapshotId: id = '', ParentSnapshotId } = await started(theirs);
  assert.equal(ParentSnapshotId, theirs);
  await deleteSnapshot.run({ SnapshotId: theirs }, other);
  await complete(context, id, 0);
  assert.deepEqual(await download(context, id), { 3: testBlock('theirs') });
  await assert.rejects(started(id, 7), { code: 'InvalidVolumeSize' });
  const pending = await insertSnapshot(context, { state: 'pending' });
  await assert.rejects(started(pending.id), { code: 'IncorrectState' });
});

test('a repeated StartSnapshot answers the same snapshot; another with its token is refused', async () => {
  const input = { VolumeSize: 1, ClientToken: 't' };
  const { SnapshotId: id } = await startSnapshot.run(input, context);
  assert.equal((await startSnapshot.run(input, context)).SnapshotId, id);
  await assert.rejects(startSnapshot.run({ ...input, VolumeSize: 2 }, context), {
    code: 'IdempotentParameterMismatch',
  });
  const { Snapshots } = await describeSnapshots.run({}, context);
  assert.equal(Snapshots?.length, 1);
  for (const wrong of [{ VolumeSize: 0 }, { VolumeSize: 65_537 }]) {
    await assert.rejects(startSnapshot.run(wrong, context), { code: 'InvalidVolumeSize' });
  }
  for (const Timeout of [9, 61]) {
    const refused = startSnapshot.run({ VolumeSize: 1, Timeout }, context);
    await assert.rejects(refused, { code: 'InvalidParameterValue' });
  }
});

test('a block is whole, in the volume, and has the checksum that is said', async () => {
  const id = await start(context);
  const request = putRequest(id, 0, testBlock(0));
  const refused = (change: object, code: string) =>
    assert.rejects(putSnapshotBlock.run({ ...request, ...change }, context), { code });
  await refused({ BlockIndex: 2048 }, 'InvalidParameterValue');
  await refused({ BlockIndex: -1 }, 'InvalidParameterValue');
  await refused({ Checksum: putRequest(id, 0, testBlock(1)).Checksum }, 'InvalidBlock');
  await refused({ Checksum: 'AAAA' }, 'InvalidParameterValue');
  await refused({ ChecksumAlgorithm: 'MD5' }, 'InvalidParameterValue');
  await refused({ BlockData: testBlock(0).subarray(1) }, 'InvalidBlock');
  await refused({ DataLength: 524_287 }, 'InvalidParameterValue');
  await refused({ Progress: 101 }, 'InvalidParameterValue');
  await refused({ SnapshotId: 'snap-0fedcba9876543210' }, 'InvalidSnapshot.NotFound');
  await refused({ BlockData: zeroBlock }, 'InvalidBlock');
  await complete(context, id, 0);
  assert.deepEqual(await download(context, id), {});
});

test('a count or a checksum that does not fit leaves the snapshot as it was', async () => {
  const id = await start(context);
  await put(context, id, 5, testBlock(5));
  for (const count of [0, 2]) {
    await assert.rejects(complete(context, id, count), { code: 'InvalidParameterValue' });
  }
  const sums = {
    SnapshotId: id,
    ChangedBlocksCount: 1,
    Checksum: linearOf([testBlock(6)]),
    ChecksumAlgorithm: 'SHA256',
    ChecksumAggregationMethod: 'LINEAR',
  };
  for (const change of [
    {},
    { ChecksumAlgorithm: 'MD5' },
    { ChecksumAlgorithm: undefined },
    { ChecksumAggregationMethod: undefined },
  ]) {
    const refused = completeSnapshot.run({ ...sums, ...change }, context);
    await assert.rejects(refused, { code: 'InvalidParameterValue' });
  }
  await put(context, id, 6, testBlock(6));
  const two = { ...sums, ChangedBlocksCount: 2, Checksum: linearOf([testBlock(5), testBlock(6)]) };
  assert.deepEqual(await completeSnapshot.run(two, context), { Status: 'completed' });
  assert.deepEqual(await completeSnapshot.run(two, context), { Status: 'completed' });
  await assert.rejects(complete(context, id, 1), { code: 'IncorrectState' });
  await assert.rejects(put(context, id, 7, testBlock(7)), { code: 'IncorrectState' });
});

test('many who complete at once are all answered', async () => {
  const id = await start(context);
  await put(context, id, 5, testBlock(5));
  const answers = Array.from({ length: 5 }, () => complete(context, id, 1));
  for (const { Status } of await Promise.all(answers)) assert.equal(Status, 'completed');
});

test('what others began, or what was not begun so, is not put into', async () => {
  const other = await context.asNewAccount();
  const id = await start(other);
  await put(other, id, 0, testBlock(0));
  await assert.rejects(put(context, id, 0, testBlock(0)), { code: 'InvalidSnapshot.NotFound' });
  await assert.rejects(complete(context, id, 1), { code: 'InvalidSnapshot.NotFound' });
  const capture = await insertSnapshot(context, { state: 'pending' });
  await assert.rejects(put(context, capture.id, 0, testBlock(0)), { code: 'IncorrectState' });
  await assert.rejects(complete(context, capture.id, 0), { code: 'IncorrectState' });
});

test('a snapshot that is deleted while it is pending takes no more blocks', async () => {
  const id = await start(context);
  await put(context, id, 0, testBlock(0));
  const puts = Array.from({ length: 20 }, (_, index) => put(context, id, index, testBlock(index)));
  await deleteSnapshot.run({ SnapshotId: id }, context);
  for (const { status, reason } of (await Promise.allSettled(puts)) as PromiseRejectedResult[]) {
    if (status === 'rejected') {
      assert.ok(['InvalidSnapshot.NotFound', 'IncorrectState'].includes(reason.code), reason);
    }
  }
  await assert.rejects(put(context, id, 0, testBlock(0)), { code: 'InvalidSnapshot.NotFound' });
  await assert.rejects(complete(context, id, 1), { code: 'InvalidSnapshot.NotFound' });
});

test('one that nobody puts into for its time ends as an error; puts keep it', async () => {
  const minutes = (count: number) => {
    context.now = new Date(context.now.getTime() + count * 60_000);
  };
  const idle = await start(context, { Timeout: 10 });
  const used = await start(context, { Timeout: 10 });
  minutes(9);
  await put(context, used, 0, testBlock(0));
  minutes(1);
  await context.drafts.look();
  const { State, StateMessage } = await shown(idle);
  assert.deepEqual([State, StateMessage], ['error', 'Nothing was put for 10 minutes.']);
  await assert.rejects(put(context, idle, 0, testBlock(0)), { code: 'IncorrectState' });
  await assert.rejects(complete(context, idle, 0), { code: 'IncorrectState' });
  await complete(context, used, 1);
  await deleteSnapshot.run({ SnapshotId: idle }, context);
});

test('progress is what the client says, or else what share of the volume is there', async () => {
  const second = () => {
    context.now = new Date(context.now.getTime() + 1000);
  };
  const told = await start(context);
  await putSnapshotBlock.run({ ...putRequest(told, 0, testBlock(0)), Progress: 42 }, context);
  assert.equal((await shown(told)).Progress, '42%');
  second();
  await putSnapshotBlock.run({ ...putRequest(told, 1, testBlock(0)), Progress: 100 }, context);
  assert.equal((await shown(told)).Progress, '99%');
  const untold = await start(context);
  const puts = Array.from({ length: 64 }, (_, index) => put(context, untold, index, testBlock(0)));
  await Promise.all(puts);
  second();
  await put(context, untold, 0, testBlock(0));
  assert.equal((await shown(untold)).Progress, '3%');
});

test('a disk that is nearly full takes no more blocks', async () => {
  const id = await start(context);
  context.measures = { ...context.measures, freeDiskBytes: 0 };
  const code = 'InsufficientVolumeCapacity';
  await assert.rejects(put(context, id, 0, testBlock(0)), { code });
  await assert.rejects(start(context), { code });
});

test('an account has 100 uploads at most under way', async () => {
  for (let count = 0; count < 100; count++) await start(context);
  await assert.rejects(start(context), { code: 'ServiceQuotaExceededException' });
});
