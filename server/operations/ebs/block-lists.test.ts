import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { blocksPerLeaf } from '../../blocks/map-pages.ts';
import { storeMap } from '../../blocks/test-blocks.ts';
import { deleteSnapshot } from '../ec2/snapshots/DeleteSnapshot.ts';
import type { OperationContext } from '../operation.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertSnapshot } from '../test-images.ts';
import { checksumOfBlock, put, start, testBlock, upload } from '../test-uploads.ts';
import { getSnapshotBlock } from './GetSnapshotBlock.ts';
import { listChangedBlocks } from './ListChangedBlocks.ts';
import { listSnapshotBlocks } from './ListSnapshotBlocks.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const later = (ms: number) => {
  context.now = new Date(context.now.getTime() + ms);
};
const hourMs = 3_600_000;

async function tokenOf(SnapshotId: string, index: number, as: OperationContext = context) {
  const { Blocks = [] } = await listSnapshotBlocks.run({ SnapshotId }, as);
  return Blocks.find(({ BlockIndex }) => BlockIndex === index)?.BlockToken ?? assert.fail();
}

/** A snapshot over a map of any digests, as no block is read. */
async function snapshotOf(indexes: readonly number[], sizeGiB: number, digit = 'a') {
  const changes = new Map(indexes.map((index) => [index, digit.repeat(64)]));
  const sizeBytes = sizeGiB * 1024 ** 3;
  const { root } = await storeMap(context.store, { sizeBytes, changes });
  return (await insertSnapshot(context, { root, volumeSizeGiB: sizeGiB })).id;
}

test('blocks are listed in order of their index, and each is read by its token', async () => {
  const blocks = { 9: testBlock('nine'), 2: testBlock('two'), 2047: testBlock('last') };
  const SnapshotId = await upload(context, blocks);
  const { Blocks = [], ...rest } = await listSnapshotBlocks.run({ SnapshotId }, context);
  assert.deepEqual(rest, {
    ExpiryTime: new Date(context.now.getTime() + 7 * 24 * hourMs),
    VolumeSize: 1,
    BlockSize: blockSizeBytes,
    NextToken: undefined,
  });
  assert.deepEqual(
    Blocks.map(({ BlockIndex }) => BlockIndex),
    [2, 9, 2047],
  );
  for (const [index, block] of Object.entries(blocks)) {
    const BlockIndex = Number(index);
    const BlockToken = await tokenOf(SnapshotId, BlockIndex);
    assert.match(BlockToken, /^[A-Za-z0-9+/=]{1,256}$/);
    const request = { SnapshotId, BlockIndex, BlockToken };
    assert.deepEqual(await getSnapshotBlock.run(request, context), {
      DataLength: blockSizeBytes,
      BlockData: block,
      Checksum: checksumOfBlock(block),
      ChecksumAlgorithm: 'SHA256',
    });
  }
  const from = await listSnapshotBlocks.run({ SnapshotId, StartingBlockIndex: 3 }, context);
  assert.equal(from.Blocks?.[0]?.BlockIndex, 9);
});

test('a token is of one block of one snapshot and of one caller, for a week', async () => {
  const SnapshotId = await upload(context, { 0: testBlock('a'), 1: testBlock('b') });
  const twin = await upload(context, { 0: testBlock('a') });
  const other = await context.asNewAccount();
  await context.catalog.write(async ({ snapshots }) => {
    const row = (await snapshots.get(SnapshotId)) ?? assert.fail();
    await snapshots.update({ ...row, createVolumePermissions: [other.caller.account] });
  });
  const BlockToken = await tokenOf(SnapshotId, 0);
  const read = (change: object, as: OperationContext = context) =>
    getSnapshotBlock.run({ SnapshotId, BlockIndex: 0, BlockToken, ...change }, as);
  const refused = { code: 'InvalidBlockToken' };
  await read({});
  await assert.rejects(read({ BlockIndex: 1 }), refused);
  await assert.rejects(read({ SnapshotId: twin }), refused);
  await assert.rejects(read({}, other), refused);
  await read({ BlockToken: await tokenOf(SnapshotId, 0, other) }, other);
  const bytes = Buffer.from(BlockToken, 'base64');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    await assert.rejects(read({ BlockToken: changed.toString('base64') }), refused);
  }
  for (const wrong of ['', 'AAAA', '%', 'A'.repeat(300), checksumOfBlock(testBlock('a'))]) {
    await assert.rejects(read({ BlockToken: wrong }), refused);
  }
  later(7 * 24 * hourMs);
  await read({});
  later(1000);
  await assert.rejects(read({}), refused);
  await deleteSnapshot.run({ SnapshotId }, context);
  await assert.rejects(read({}), { code: 'InvalidSnapshot.NotFound' });
});

test('pages go on where the last one ended, and their tokens for an hour', async () => {
  const indexes = Array.from({ length: 250 }, (_, i) => i * 3);
  const SnapshotId = await snapshotOf(indexes, 1);
  const listed: number[] = [];
  const tokens: string[] = [];
  for (let NextToken: string | undefined; ; ) {
    const request = { SnapshotId, MaxResults: 100, NextToken, StartingBlockIndex: 0 };
    const page = await listSnapshotBlocks.run(request, context);
    listed.push(...(page.Blocks ?? []).map(({ BlockIndex = -1 }) => BlockIndex));
    NextToken = page.NextToken;
    if (NextToken === undefined) break;
    tokens.push(NextToken);
  }
  assert.deepEqual(listed, indexes);
  assert.equal(tokens.length, 2);
  const [NextToken = ''] = tokens;
  const twin = await snapshotOf(indexes, 1);
  const refused = { code: 'InvalidNextToken' };
  const other = await context.asNewAccount();
  const listAgain = (input: object, as: OperationContext = context) =>
    listSnapshotBlocks.run({ SnapshotId, NextToken, ...input }, as);
  await assert.rejects(listAgain({ SnapshotId: twin }), refused);
  await assert.rejects(listAgain({}, other), refused);
  await assert.rejects(listAgain({ NextToken: `${NextToken}AAAA` }), refused);
  const changed = { SecondSnapshotId: SnapshotId, NextToken };
  await assert.rejects(listChangedBlocks.run(changed, context), refused);
  later(hourMs);
  await listAgain({});
  later(1000);
  await assert.rejects(listAgain({}), refused);
  for (const MaxResults of [99, 10_001]) {
    await assert.rejects(listAgain({ MaxResults }), { code: 'InvalidParameterValue' });
  }
});

test('a page reads a few leaves only: it may be empty, with another one after it', async () => {
  const leaves = [0, 1, 2, 3, 40];
  const first = await snapshotOf(
    leaves.map((leaf) => leaf * blocksPerLeaf),
    1024,
  );
  const pages = async (ask: (NextToken?: string) => Promise<{ NextToken?: string }>) => {
    const all = [];
    for (let token: string | undefined, more = true; more; more = token !== undefined) {
      const page = await ask(token);
      all.push(page);
      token = page.NextToken;
    }
    return all as { Blocks?: object[]; ChangedBlocks?: object[] }[];
  };
  const listed = await pages((NextToken) =>
    listSnapshotBlocks.run({ SnapshotId: first, NextToken, StartingBlockIndex: 1 }, context),
  );
  assert.deepEqual(
    listed.map(({ Blocks }) => Blocks?.length),
    [1, 2, 1],
  );
  const late = await pages((NextToken) => {
    const StartingBlockIndex = 3 * blocksPerLeaf + 1;
    return listSnapshotBlocks.run({ SnapshotId: first, NextToken, StartingBlockIndex }, context);
  });
  assert.deepEqual(
    late.map(({ Blocks }) => Blocks?.length),
    [1, 0],
  );
  const second = await snapshotOf([], 1024);
  const changed = await pages((NextToken) =>
    listChangedBlocks.run(
      { FirstSnapshotId: first, SecondSnapshotId: second, NextToken, StartingBlockIndex: 1 },
      context,
    ),
  );
  assert.deepEqual(
    changed.map(({ ChangedBlocks }) => ChangedBlocks?.length),
    [1, 2, 1],
  );
});

test('changed blocks are those of either snapshot, with a token of each that has one', async () => {
  const [same, old, fresh] = [testBlock('same'), testBlock('old'), testBlock('new')];
  const first = await upload(context, { 0: same, 1: old, 2: old });
  const second = await upload(context, { 0: same, 1: fresh, 3: fresh }, { VolumeSize: 2 });
  const ids = { FirstSnapshotId: first, SecondSnapshotId: second };
  const { ChangedBlocks = [], VolumeSize } = await listChangedBlocks.run(ids, context);
  assert.equal(VolumeSize, 2);
  const read = async (SnapshotId: string, BlockIndex = -1, BlockToken?: string) => {
    if (BlockToken === undefined) return undefined;
    const request = { SnapshotId, BlockIndex, BlockToken };
    return (await getSnapshotBlock.run(request, context)).BlockData;
  };
  const contents = await Promise.all(
    ChangedBlocks.map(async ({ BlockIndex, FirstBlockToken, SecondBlockToken }) => [
      BlockIndex,
      await read(first, BlockIndex, FirstBlockToken),
      await read(second, BlockIndex, SecondBlockToken),
    ]),
  );
  assert.deepEqual(contents, [
    [1, old, fresh],
    [2, old, undefined],
    [3, undefined, fresh],
  ]);
  const equal = { FirstSnapshotId: second, SecondSnapshotId: second };
  assert.deepEqual((await listChangedBlocks.run(equal, context)).ChangedBlocks, []);
  const all = await listChangedBlocks.run({ SecondSnapshotId: second }, context);
  assert.deepEqual(
    all.ChangedBlocks?.map(({ BlockIndex, FirstBlockToken }) => [BlockIndex, FirstBlockToken]),
    [
      [0, undefined],
      [1, undefined],
      [3, undefined],
    ],
  );
});

test('what is pending is not read', async () => {
  const SnapshotId = await start(context);
  await put(context, SnapshotId, 0, testBlock(0));
  const done = await upload(context, { 0: testBlock(0) });
  const BlockToken = await tokenOf(done, 0);
  const refused = { code: 'IncorrectState' };
  await assert.rejects(listSnapshotBlocks.run({ SnapshotId }, context), refused);
  const changed = { FirstSnapshotId: done, SecondSnapshotId: SnapshotId };
  await assert.rejects(listChangedBlocks.run(changed, context), refused);
  const block = { SnapshotId, BlockIndex: 0, BlockToken };
  await assert.rejects(getSnapshotBlock.run(block, context), refused);
});
