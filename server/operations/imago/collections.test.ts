import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { storeBlock } from '../../blocks/test-blocks.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { collectGarbage } from './CollectGarbage.ts';
import { describeCollection } from './DescribeCollection.ts';
import { describeServer } from './DescribeServer.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
  await storeBlock(context.store, Buffer.from('garbage'));
});
afterEach(() => context[Symbol.asyncDispose]());

const last = async () => (await describeCollection.run({}, context)).Collection;
const disk = async () => (await describeServer.run({}, context)).Capacity.Disk;

test('CollectGarbage begins, DescribeCollection tells what came of it', async () => {
  assert.equal(await last(), undefined);
  assert.equal((await disk()).ReclaimableBytes, undefined);
  const { Collection: begun } = await collectGarbage.run({ ReportOnly: true }, context);
  assert.equal(begun.State, 'running');
  await context.garbage.ended();
  const told = await last();
  assert.deepEqual([told?.Id, told?.State, told?.ReportOnly], [begun.Id, 'succeeded', true]);
  assert.deepEqual(told?.Found, { Blocks: 1, Bytes: 7 });
  assert.deepEqual(told?.Freed, { Blocks: 0, Bytes: 0 });
  assert.equal((await disk()).ReclaimableBytes, 7);
  await collectGarbage.run({ GraceSeconds: 0 }, context);
  await context.garbage.ended();
  assert.deepEqual((await last())?.Freed, { Blocks: 1, Bytes: 7 });
  const { BlockBytes, ReclaimableBytes } = await disk();
  assert.deepEqual([BlockBytes, ReclaimableBytes], [0, 0]);
});

test('the grace keeps what was just condemned', async () => {
  for (let i = 0; i < 2; i++) {
    await collectGarbage.run({ GraceSeconds: 60 }, context);
    await context.garbage.ended();
    assert.deepEqual((await last())?.Waiting, { Blocks: 1, Bytes: 7 });
    context.now = new Date(context.now.getTime() + 59_000);
  }
  context.now = new Date(context.now.getTime() + 2000);
  await collectGarbage.run({ GraceSeconds: 60 }, context);
  await context.garbage.ended();
  assert.deepEqual((await last())?.Freed, { Blocks: 1, Bytes: 7 });
  for (const GraceSeconds of [-1, Number.NaN, 1e12]) {
    const code = 'InvalidParameterValue';
    await assert.rejects(collectGarbage.run({ GraceSeconds }, context), { code });
  }
});
