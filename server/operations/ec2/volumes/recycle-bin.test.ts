import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { VolumeRow } from '../../../catalog/rows/volume.ts';
import { removeStrays } from '../../../collection/strays.ts';
import { blockRoots } from '../../../domain/block-roots.ts';
import { emptyRecycleBin } from '../../../domain/recycle-bin.ts';
import { nodeFiles } from '../../../files/node/node-files.ts';
import { silentLog } from '../../../foundations/log.ts';
import type { OperationContext } from '../../operation.ts';
import { createRule } from '../../rbin/CreateRule.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../test-instances.ts';
import { deleteVolume } from './DeleteVolume.ts';
import { describeVolumes } from './DescribeVolumes.ts';
import { listVolumesInRecycleBin } from './ListVolumesInRecycleBin.ts';
import { restoreVolumeFromRecycleBin } from './RestoreVolumeFromRecycleBin.ts';

let context: TestContext;
let volume: VolumeRow;
beforeEach(async () => {
  context = await createTestContext();
  volume = await leftVolume();
});
afterEach(() => context[Symbol.asyncDispose]());

/** As a terminated instance leaves it. */
async function leftVolume(): Promise<VolumeRow> {
  const instance = await insertRunningInstance(context, await insertImage(context));
  const [id = ''] = await attachedVolumeIds(context, instance.id);
  return context.catalog.write(async ({ volumes }) => {
    const row = await volumes.get(id);
    if (!row) throw new Error(`there is no volume ${id}`);
    const { attachment: _, ...rest } = row;
    return volumes.update({ ...rest, state: 'available', tags: { env: 'prod' } });
  });
}

const daysLater = (count: number) => new Date(context.now.getTime() + count * 24 * 60 * 60_000);
const notFound = { code: 'InvalidVolume.NotFound' };
const remove = (VolumeId: string) => deleteVolume.run({ VolumeId }, context);
const restore = (VolumeId: string, as: OperationContext = context) =>
  restoreVolumeFromRecycleBin.run({ VolumeId }, as);

function keep(days: number) {
  const RetentionPeriod = { RetentionPeriodValue: days, RetentionPeriodUnit: 'DAYS' };
  const ResourceTags = [{ ResourceTagKey: 'env', ResourceTagValue: 'prod' }];
  return createRule.run({ ResourceType: 'EBS_VOLUME', RetentionPeriod, ResourceTags }, context);
}

async function binned(request: object = {}, as: OperationContext = context): Promise<string[]> {
  const { Volumes = [] } = await listVolumesInRecycleBin.run(request, as);
  return Volumes.map(({ VolumeId = '' }) => VolumeId);
}

const rowOf = (id: string) => context.catalog.read(({ volumes }) => volumes.get(id));

test('a volume that no rule is for is deleted, once nothing has it attached', async () => {
  const instance = await insertRunningInstance(context, await insertImage(context));
  const [attached = ''] = await attachedVolumeIds(context, instance.id);
  await assert.rejects(remove(attached), { code: 'VolumeInUse' });
  await remove(volume.id);
  assert.equal((await rowOf(volume.id))?.state, 'deleting');
  assert.deepEqual(await binned(), []);
  await assert.rejects(remove(volume.id), { code: 'IncorrectState' });
});

test('one that a rule is for is in the bin, is not seen, and comes back as it was', async () => {
  await keep(7);
  await assert.rejects(keep(8), { code: 'InvalidParameterValue' });
  await remove(volume.id);
  const { Volumes } = await listVolumesInRecycleBin.run({ VolumeIds: [volume.id] }, context);
  const [shown] = Volumes ?? [];
  assert.deepEqual([shown?.State, shown?.Size], ['available', volume.sizeGiB]);
  assert.deepEqual(
    [shown?.RecycleBinEnterTime, shown?.RecycleBinExitTime],
    [context.now, daysLater(7)],
  );
  await assert.rejects(describeVolumes.run({ VolumeIds: [volume.id] }, context), notFound);
  await assert.rejects(remove(volume.id), notFound);
  const stranger = await context.asNewAccount();
  await assert.rejects(restore(volume.id, stranger), notFound);
  assert.deepEqual(await binned({}, stranger), []);
  assert.deepEqual(await restore(volume.id), { Return: true });
  assert.deepEqual(await rowOf(volume.id), { ...volume, version: 1 });
  assert.deepEqual(await binned(), []);
});

test('its base and its files stay as long, and are the driver’s to delete after that', async () => {
  await keep(1);
  await remove(volume.id);
  const { catalog, home, host, clock } = context;
  const root = volume.base?.root as never;
  await catalog.write(async ({ images, snapshots }) => {
    for (const { id } of await images.list()) await images.delete(id);
    for (const { id } of await snapshots.list()) await snapshots.delete(id);
  });
  assert.ok((await catalog.read(blockRoots)).roots.has(root));
  const belongings = async () => ({ instanceIds: [], volumeIds: [volume.id] });
  const there = Object.assign(Object.create(host), { belongings });
  const services = { catalog, host: there, home, clock, files: nodeFiles, log: silentLog };
  const strays = () => removeStrays(services, { graceMs: 0, reportOnly: true });
  assert.deepEqual((await strays()).volumeIds, []);
  context.now = daysLater(1);
  assert.deepEqual(await binned(), []);
  await assert.rejects(restore(volume.id), notFound);
  await emptyRecycleBin(catalog, context.now);
  assert.equal((await rowOf(volume.id))?.state, 'deleting');
  await emptyRecycleBin(catalog, context.now);
});

test('what a capture still reads does not go into the bin', async () => {
  await keep(7);
  const reading = { volumeId: volume.id, state: 'pending', root: undefined } as const;
  const { id } = await insertSnapshot(context, reading);
  await assert.rejects(remove(volume.id), { code: 'IncorrectState' });
  await context.catalog.write(({ snapshots }) => snapshots.delete(id));
  await remove(volume.id);
  assert.deepEqual(await binned(), [volume.id]);
});

test('the list comes page by page', async () => {
  await keep(7);
  const ids = [volume.id];
  for (let made = 1; made < 6; made++) ids.push((await leftVolume()).id);
  for (const id of ids) await remove(id);
  const first = await listVolumesInRecycleBin.run({ MaxResults: 5 }, context);
  const { NextToken } = first;
  assert.deepEqual(await binned({ MaxResults: 5, NextToken }), ids.slice(5));
  await assert.rejects(binned({ VolumeIds: ['vol-0fedcba9876543210'] }), notFound);
});
