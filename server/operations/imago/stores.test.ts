import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { storeBlock, storeMap } from '../../blocks/test-blocks.ts';
import { checkBlocks } from '../../doctor/blocks.ts';
import { describeInstanceStatus } from '../ec2/instances/DescribeInstanceStatus.ts';
import { describeVolumeStatus } from '../ec2/volumes/DescribeVolumeStatus.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../test-instances.ts';
import { describeStores } from './DescribeStores.ts';

const dayMs = 24 * 3_600_000;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const stores = async () => (await describeStores.run({}, context)).Stores;

test('what was verified is told, and a lost block with what needs it until it is back', async () => {
  assert.deepEqual(await stores(), []);
  const plain = Buffer.alloc(blockSizeBytes, 'block');
  const digest = await storeBlock(context.store, plain);
  const changes = new Map([[0, digest]]);
  const { root } = await storeMap(context.store, { sizeBytes: 2 ** 30, changes });
  const image = await insertImage(context);
  const SnapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await context.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(SnapshotId);
    if (row) await snapshots.update({ ...row, root });
  });
  const instance = await insertRunningInstance(context, image);
  await context.catalog.write(async ({ volumes }) => {
    for (const row of await volumes.list({ where: { instance: instance.id } })) {
      await volumes.update({ ...row, base: { root, sizeBytes: 2 ** 30 } });
    }
  });
  const events = async (input = {}) =>
    (await describeInstanceStatus.run(input, context)).InstanceStatuses?.flatMap(
      (status) => status.Events ?? [],
    );
  await context.scrubber.advance(2 * dayMs);
  const [whole] = await stores();
  assert.deepEqual([whole?.LastRound?.Blocks, whole?.VerifiedToday, whole?.Damage], [3, 3, []]);
  assert.deepEqual(await events(), []);
  assert.equal(checkBlocks(context.scrubber.describe()).state, 'good');

  context.store.lose(digest);
  await context.scrubber.verifyInstance(instance.id);
  const [damage] = (await stores())[0]?.Damage ?? [];
  assert.deepEqual(
    [damage?.Digest, damage?.Detail, damage?.ImageIds, damage?.SnapshotIds, damage?.InstanceIds],
    [digest, 'it is missing', [image.id], [SnapshotId], [instance.id]],
  );
  const [event] = (await events()) ?? [];
  assert.equal(event?.Code, 'system-maintenance');
  assert.match(event?.Description ?? '', new RegExp(`Block ${digest} .*${image.id} is damaged`));
  for (const [Name = '', value = ''] of [
    ['event.code', 'system-maintenance'],
    ['event.description', '*is damaged*'],
    ['event.instance-event-id', event?.InstanceEventId],
    ['event.not-before', event?.NotBefore?.toISOString()],
  ]) {
    assert.equal((await events({ Filters: [{ Name, Values: [value] }] }))?.length, 1, Name);
    assert.equal((await events({ Filters: [{ Name, Values: ['other'] }] }))?.length, 0, Name);
  }
  const { VolumeStatuses } = await describeVolumeStatus.run(
    { Filters: [{ Name: 'event.event-type', Values: ['potential-data-inconsistency'] }] },
    context,
  );
  assert.deepEqual(
    VolumeStatuses?.map(({ VolumeId, VolumeStatus }) => [VolumeId, VolumeStatus?.Status]),
    (await attachedVolumeIds(context, instance.id)).map((id) => [id, 'impaired']),
  );
  const [volumeEvent] = VolumeStatuses?.[0]?.Events ?? [];
  assert.match(volumeEvent?.Description ?? '', new RegExp(`Block ${digest} of it is damaged`));
  const found = checkBlocks(context.scrubber.describe());
  assert.equal(found.state, 'problem');
  assert.match(
    found.detail,
    new RegExp(`1 are damaged or missing, of ${image.id}, ${instance.id}`),
  );

  await storeBlock(context.store, plain);
  await context.scrubber.advance(1);
  assert.deepEqual((await stores())[0]?.Damage, []);
  assert.deepEqual(await events(), []);
});
