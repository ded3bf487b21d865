import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { emptyRecycleBin } from '../../../domain/recycle-bin.ts';
import type { OperationContext } from '../../operation.ts';
import { createRule } from '../../rbin/CreateRule.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { deleteSnapshot } from './DeleteSnapshot.ts';
import { describeSnapshots } from './DescribeSnapshots.ts';
import { listSnapshotsInRecycleBin } from './ListSnapshotsInRecycleBin.ts';
import { restoreSnapshotFromRecycleBin } from './RestoreSnapshotFromRecycleBin.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
  const RetentionPeriod = { RetentionPeriodValue: 7, RetentionPeriodUnit: 'DAYS' };
  await createRule.run({ ResourceType: 'EBS_SNAPSHOT', RetentionPeriod }, context);
});
afterEach(() => context[Symbol.asyncDispose]());

const daysLater = (count: number) => new Date(context.now.getTime() + count * 24 * 60 * 60_000);
const notFound = { code: 'InvalidSnapshot.NotFound' };
const remove = (SnapshotId: string) => deleteSnapshot.run({ SnapshotId }, context);
const restore = (SnapshotId: string, as: OperationContext = context) =>
  restoreSnapshotFromRecycleBin.run({ SnapshotId }, as);

async function binned(request: object = {}, as: OperationContext = context): Promise<string[]> {
  const { Snapshots = [] } = await listSnapshotsInRecycleBin.run(request, as);
  return Snapshots.map(({ SnapshotId = '' }) => SnapshotId);
}

/** As the row is, but for how often it was written. */
async function rowOf(id: string) {
  const row = await context.catalog.read(({ snapshots }) => snapshots.get(id));
  return row && { ...row, version: 0 };
}

test('a deleted snapshot is in the bin, is not seen, and comes back as it was', async () => {
  const createVolumePermissions = ['222222222222', 'all'];
  const tags = { env: 'prod' };
  const { id } = await insertSnapshot(context, {
    description: 'of a disk',
    createVolumePermissions,
    tags,
  });
  const before = await rowOf(id);
  await remove(id);
  assert.deepEqual(
    (await listSnapshotsInRecycleBin.run({ SnapshotIds: [id] }, context)).Snapshots,
    [
      {
        SnapshotId: id,
        RecycleBinEnterTime: context.now,
        RecycleBinExitTime: daysLater(7),
        Description: 'of a disk',
        VolumeId: before?.volumeId,
      },
    ],
  );
  await assert.rejects(describeSnapshots.run({ SnapshotIds: [id] }, context), notFound);
  await assert.rejects(remove(id), notFound);
  const stranger = await context.asNewAccount();
  await assert.rejects(restore(id, stranger), notFound);
  assert.deepEqual(await binned({}, stranger), []);
  const restored = await restore(id);
  assert.deepEqual(
    [restored.SnapshotId, restored.State, restored.VolumeSize],
    [id, 'completed', before?.volumeSizeGiB],
  );
  assert.deepEqual(await rowOf(id), before);
  await assert.rejects(restore(id), notFound);
});

test('one that never was completed is not kept', async () => {
  const { id } = await insertSnapshot(context, { state: 'error', root: undefined });
  await remove(id);
  assert.deepEqual(await binned(), []);
});

test('one that an image needs stays where it is', async () => {
  const image = await insertImage(context);
  const id = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await assert.rejects(remove(id), { code: 'InvalidSnapshot.InUse' });
  assert.deepEqual(await binned(), []);
});

test('what was public is not so again where that has been blocked since', async () => {
  const { id } = await insertSnapshot(context, {
    createVolumePermissions: ['222222222222', 'all'],
    publicAccessBlocked: true,
  });
  await remove(id);
  const { account, region } = context.caller;
  const setting = { id: `${account}/${region}`, account, region };
  await context.catalog.write(({ accountSettings }) =>
    accountSettings.insert({ ...setting, snapshotBlockPublicAccess: 'block-all-sharing' }),
  );
  await restore(id);
  assert.deepEqual((await rowOf(id))?.createVolumePermissions, ['222222222222']);
});

test('after its time it is gone, be it taken out yet or not', async () => {
  const { id } = await insertSnapshot(context);
  await remove(id);
  const row = () => context.catalog.read((reader) => reader.recycledSnapshots.get(id));
  context.now = new Date(daysLater(7).getTime() - 1);
  await emptyRecycleBin(context.catalog, context.now);
  assert.deepEqual(await binned(), [id]);
  context.now = new Date(context.now.getTime() + 1);
  assert.deepEqual(await binned(), []);
  await assert.rejects(restore(id), notFound);
  assert.ok(await row());
  await emptyRecycleBin(context.catalog, context.now);
  assert.equal(await row(), undefined);
});

test('a round that was cut off is finished by the next', async () => {
  const ids: string[] = [];
  for (let made = 0; made < 150; made++) ids.push((await insertSnapshot(context)).id);
  for (const id of ids) await remove(id);
  let writes = 0;
  const { catalog } = context;
  const killed: typeof catalog = {
    read: (work) => catalog.read(work),
    close: () => catalog.close(),
    async write(work) {
      if (++writes > 1) throw new Error('killed');
      return catalog.write(work);
    },
  };
  await assert.rejects(emptyRecycleBin(killed, daysLater(7)), /killed/);
  const left = () => catalog.read((reader) => reader.recycledSnapshots.count());
  assert.equal(await left(), 50);
  await emptyRecycleBin(catalog, daysLater(7));
  assert.equal(await left(), 0);
});

test('the list comes page by page', async () => {
  const ids: string[] = [];
  for (let made = 0; made < 7; made++) {
    const { id } = await insertSnapshot(context);
    await remove(id);
    ids.push(id);
  }
  const first = await listSnapshotsInRecycleBin.run({ MaxResults: 5 }, context);
  assert.equal(first.Snapshots?.length, 5);
  const { NextToken } = first;
  assert.deepEqual(await binned({ MaxResults: 5, NextToken }), ids.slice(5));
  await assert.rejects(binned({ MaxResults: 4 }), { code: 'InvalidParameterValue' });
  await assert.rejects(binned({ SnapshotIds: ['snap-0fedcba9876543210'] }), notFound);
});
