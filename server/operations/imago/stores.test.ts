import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../../blocks/block-store.ts';
import { storeBlock, storeMap } from '../../blocks/test-blocks.ts';
import { checkBlocks } from '../../doctor/blocks.ts';
import { writeStoredImage } from '../../transfers/stored-image.ts';
import { describeInstanceStatus } from '../ec2/instances/DescribeInstanceStatus.ts';
import { describeVolumeStatus } from '../ec2/volumes/DescribeVolumeStatus.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../test-instances.ts';
import { describeDoctor } from './DescribeDoctor.ts';
import { describeStores } from './DescribeStores.ts';

const dayMs = 24 * 3_600_000;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

test('a lost file of the archive is told with whose it is, until it is back', async () => {
  const described = async () => (await describeStores.run({}, context)).Archive;
  const doctor = async () =>
    (await describeDoctor.run({}, context)).Findings.find(({ Name }) => Name === 'archive');
  assert.equal(await described(), undefined);
  assert.equal(await doctor(), undefined);
  const changes = new Map([[0, await storeBlock(context.store, Buffer.alloc(blockSizeBytes, 1))]]);
  const { root } = await storeMap(context.store, { sizeBytes: 2 ** 30, changes });
  const image = await insertImage(context);
  const id = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await context.catalog.write(async ({ snapshots }) => {
    const { root: _, ...row } = (await snapshots.get(id)) ?? assert.fail();
    const archive = { map: root, host: context.site.hostId, sizeBytes: 1000 };
    await snapshots.update({ ...row, archive });
  });
  const { archives } = context;
  await archives.write(id, async (file) => {
    let at = 0;
    const append = async (bytes: Buffer) => {
      await file.write(bytes, at);
      at += bytes.length;
    };
    await writeStoredImage(append, {}, [{ reader: context.store, root }]);
  });
  await archives.publish(id);
  const file = path.join(context.home.archiveFolder, `${id}.imago`);
  const away = path.join(context.home.folder, 'away');
  await rename(file, away);
  await context.scrubber.archives?.advance(dayMs);
  const archive = await described();
  const { account: AccountId } = context.caller;
  assert.deepEqual(
    archive?.Damage.map(({ Since, ...damage }) => damage),
    [{ SnapshotId: id, AccountId, ImageIds: [image.id], Detail: 'Its file is not there.' }],
  );
  assert.deepEqual([archive?.LastRound?.Snapshots, archive?.VerifiedToday], [1, 1]);
  const found = await doctor();
  assert.equal(found?.State, 'problem');
  assert.match(found?.Detail ?? '', new RegExp(`1 files are damaged or missing: ${id} of`));

  await rename(away, file);
  context.now = new Date(context.now.getTime() + dayMs);
  await context.scrubber.archives?.advance(1);
  assert.deepEqual((await described())?.Damage, []);
  assert.equal((await doctor())?.State, 'good');
});

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
