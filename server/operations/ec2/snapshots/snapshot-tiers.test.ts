/** Orders of archivals and restores: what is refused, and what they write down. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { listSnapshotBlocks } from '../../ebs/ListSnapshotBlocks.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { disableImage } from '../images/DisableImage.ts';
import { enableImage } from '../images/EnableImage.ts';
import { deleteSnapshot } from './DeleteSnapshot.ts';
import { describeSnapshots } from './DescribeSnapshots.ts';
import { describeSnapshotTierStatus } from './DescribeSnapshotTierStatus.ts';
import { lockSnapshot } from './LockSnapshot.ts';
import { modifySnapshotAttribute } from './ModifySnapshotAttribute.ts';
import { modifySnapshotTier } from './ModifySnapshotTier.ts';
import { restoreSnapshotTier } from './RestoreSnapshotTier.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const dayMs = 24 * 3_600_000;
const incorrect = { code: 'IncorrectState' };
const archive = (SnapshotId: string) =>
  modifySnapshotTier.run({ SnapshotId, StorageTier: 'archive' }, context);
const restore = (SnapshotId: string, how: object) =>
  restoreSnapshotTier.run({ SnapshotId, ...how }, context);

/** As the task leaves it. */
async function archived(change: Partial<SnapshotRow> = {}): Promise<string> {
  const { id } = await insertSnapshot(context, {
    archive: { map: 'a'.repeat(64), host: context.site.hostId, sizeBytes: 1000 },
    root: undefined,
    ...change,
  });
  return id;
}

test('an archival is ordered once, of what is completed, and told with its progress', async () => {
  const { id } = await insertSnapshot(context);
  const made = await archive(id);
  assert.deepEqual([made.SnapshotId, made.TieringStartTime], [id, context.now]);
  const { SnapshotTierStatuses: [status] = [] } = await describeSnapshotTierStatus.run({}, context);
  assert.deepEqual(
    [status?.LastTieringOperationStatus, status?.LastTieringProgress, status?.StorageTier],
    ['archival-in-progress', 0, 'standard'],
  );
  assert.deepEqual(status?.LastTieringStartTime, context.now);
  await assert.rejects(archive(id), incorrect);
  await assert.rejects(restore(id, { PermanentRestore: true }), incorrect);
  const pending = await insertSnapshot(context, { state: 'pending', root: undefined });
  await assert.rejects(archive(pending.id), incorrect);
  await assert.rejects(archive(await archived()), incorrect);
  const restoredUntil = new Date(context.now.getTime() + dayMs).toISOString();
  const held = { map: 'a'.repeat(64), host: 'h-1', sizeBytes: 1, restoredUntil };
  const root = 'a'.repeat(64);
  await assert.rejects(archive(await archived({ root, archive: held })), incorrect);
  const { tasks } = await context.catalog.read(async (reader) => ({
    tasks: await reader.tasks.list(),
  }));
  assert.deepEqual(
    tasks.map(({ kind, subject }) => [kind, subject]),
    [['archive-snapshot', id]],
  );
});

test('the tier is named, and is the archive', async () => {
  const { id: SnapshotId } = await insertSnapshot(context);
  await assert.rejects(modifySnapshotTier.run({ SnapshotId }, context), {
    code: 'MissingParameter',
  });
  const StorageTier = 'standard' as 'archive';
  await assert.rejects(modifySnapshotTier.run({ SnapshotId, StorageTier }, context), {
    code: 'InvalidParameterValue',
  });
});

test('images are disabled before, and enabled when all is restored for good', async () => {
  const image = await insertImage(context);
  const snapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await assert.rejects(archive(snapshotId), { code: 'InvalidSnapshot.InUse' });
  await disableImage.run({ ImageId: image.id }, context);
  await archive(snapshotId);
  const change = async (part: Partial<SnapshotRow>) =>
    context.catalog.write(async ({ snapshots }) => {
      const row = (await snapshots.get(snapshotId)) as SnapshotRow;
      await snapshots.update({ ...row, ...part });
    });
  const file = { map: 'a'.repeat(64), host: 'h-1', sizeBytes: 1 };
  await change({ archive: file, root: undefined });
  await assert.rejects(enableImage.run({ ImageId: image.id }, context), incorrect);
  await change({ archive: undefined, root: 'a'.repeat(64) });
  await enableImage.run({ ImageId: image.id }, context);
});

test('a locked snapshot may be archived, and is not deleted then', async () => {
  const { id: SnapshotId } = await insertSnapshot(context);
  await lockSnapshot.run({ SnapshotId, LockMode: 'governance', LockDuration: 1 }, context);
  await archive(SnapshotId);
  await assert.rejects(deleteSnapshot.run({ SnapshotId }, context), { code: 'SnapshotLocked' });
});

test('a restore is for days, or for good', async () => {
  const id = await archived();
  await assert.rejects(restore(id, {}), { code: 'MissingParameter' });
  const both = { TemporaryRestoreDays: 1, PermanentRestore: true };
  await assert.rejects(restore(id, both), { code: 'InvalidParameterCombination' });
  for (const TemporaryRestoreDays of [0, -1, 181]) {
    await assert.rejects(restore(id, { TemporaryRestoreDays }), { code: 'InvalidParameterValue' });
  }
  const { id: standard } = await insertSnapshot(context);
  await assert.rejects(restore(standard, { PermanentRestore: true }), incorrect);
  const made = await restore(id, { TemporaryRestoreDays: 3, PermanentRestore: false });
  assert.deepEqual(
    [made.RestoreStartTime, made.RestoreDuration, made.IsPermanentRestore],
    [context.now, 3, false],
  );
  await assert.rejects(restore(id, { TemporaryRestoreDays: 3 }), incorrect);
});

test('of one that is restored the time is changed at once', async () => {
  const root = 'a'.repeat(64);
  const restoredUntil = new Date(context.now.getTime() + dayMs).toISOString();
  const file = { map: root, host: 'h-1', sizeBytes: 1, restoredUntil };
  const id = await archived({ root, archive: file });
  await restore(id, { TemporaryRestoreDays: 7 });
  const { Snapshots: [shown] = [] } = await describeSnapshots.run({ SnapshotIds: [id] }, context);
  assert.deepEqual(shown?.RestoreExpiryTime, new Date(context.now.getTime() + 7 * dayMs));
  assert.equal(shown?.StorageTier, 'standard');
});

test('snapshots are found by their tier and by what was done last', async () => {
  const startedAt = context.now.toISOString();
  const tiering = { operation: 'archival', state: 'completed', startedAt } as const;
  const id = await archived({
    tiering: { ...tiering, progressPercent: 100, archivedAt: startedAt },
  });
  const { id: other } = await insertSnapshot(context);
  const found = async (value: string) => {
    const Filters = [{ Name: 'storage-tier', Values: [value] }];
    const { Snapshots = [] } = await describeSnapshots.run({ Filters }, context);
    return Snapshots.map(({ SnapshotId }) => SnapshotId);
  };
  assert.deepEqual([await found('archive'), await found('standard')], [[id], [other]]);
  const Filters = [{ Name: 'last-tiering-operation', Values: ['archival-completed'] }];
  const { SnapshotTierStatuses = [] } = await describeSnapshotTierStatus.run({ Filters }, context);
  assert.deepEqual(
    SnapshotTierStatuses.map((each) => [each.SnapshotId, each.ArchivalCompleteTime]),
    [[id, context.now]],
  );
});

test('what is archived is neither read block by block nor shared', async () => {
  const id = await archived();
  await assert.rejects(listSnapshotBlocks.run({ SnapshotId: id } as never, context), /archived/);
  const CreateVolumePermission = { Add: [{ UserId: '999999999999' }] };
  const share = { SnapshotId: id, CreateVolumePermission };
  await assert.rejects(modifySnapshotAttribute.run(share, context), incorrect);
  await deleteSnapshot.run({ SnapshotId: id }, context);
});
