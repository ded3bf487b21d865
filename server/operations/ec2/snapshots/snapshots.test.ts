import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../../test-instances.ts';
import { deregisterImage } from '../images/DeregisterImage.ts';
import { createSnapshot } from './CreateSnapshot.ts';
import { deleteSnapshot } from './DeleteSnapshot.ts';
import { describeSnapshots } from './DescribeSnapshots.ts';
import { describeSnapshotTierStatus } from './DescribeSnapshotTierStatus.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const filtered = (Name: string, ...Values: string[]) => ({ Filters: [{ Name, Values }] });
const snapshots = async (input: object, as = context as never) =>
  ((await describeSnapshots.run(input, as)).Snapshots ?? []).map((each) => each.SnapshotId);

test('snapshots are shown to their owner', async () => {
  const row = await insertSnapshot(context, { tags: { a: 'b' } });
  const other = context.as({ account: '999999999999' }) as never;
  assert.deepEqual(await snapshots({}), [row.id]);
  assert.deepEqual(await snapshots({ OwnerIds: ['self'] }), [row.id]);
  assert.deepEqual(await snapshots({ OwnerIds: ['amazon'] }), []);
  assert.deepEqual(await snapshots({ RestorableByUserIds: [context.caller.account] }), [row.id]);
  assert.deepEqual(await snapshots(filtered('tag:a', 'b')), [row.id]);
  assert.deepEqual(await snapshots(filtered('status', 'pending')), []);
  assert.deepEqual(await snapshots({}, other), []);
  await assert.rejects(snapshots({ SnapshotIds: [row.id] }, other), {
    code: 'InvalidSnapshot.NotFound',
  });
  await assert.rejects(snapshots({ OwnerIds: ['?'] }), { code: 'InvalidUserID.Malformed' });
});

test('a snapshot that an image needs is not deleted, one that is being made is', async () => {
  const image = await insertImage(context);
  const SnapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await assert.rejects(deleteSnapshot.run({ SnapshotId }, context), {
    code: 'InvalidSnapshot.InUse',
    message: `The snapshot ${SnapshotId} is currently in use by ${image.id}`,
  });
  await deregisterImage.run({ ImageId: image.id }, context);
  await deleteSnapshot.run({ SnapshotId }, context);
  assert.deepEqual(await snapshots({}), []);
  const pending = await insertSnapshot(context, { state: 'pending' });
  await deleteSnapshot.run({ SnapshotId: pending.id }, context);
  assert.deepEqual(await snapshots({}), []);
});

test('CreateSnapshot takes a volume that is in use', async () => {
  const instance = await insertRunningInstance(context, await insertProviderImage(context));
  const [VolumeId = ''] = await attachedVolumeIds(context, instance.id);
  const made = await createSnapshot.run({ VolumeId, Description: 'd' }, context);
  assert.deepEqual([made.State, made.VolumeSize, made.Progress], ['pending', 8, '0%']);
  const gone = { VolumeId: 'vol-00000000' };
  await assert.rejects(createSnapshot.run(gone, context), { code: 'InvalidVolume.NotFound' });
  await assert.rejects(createSnapshot.run({ VolumeId: 'x' }, context), {
    code: 'InvalidVolumeID.Malformed',
  });
  await context.catalog.write(async ({ volumes }) => {
    for (const row of await volumes.list()) await volumes.update({ ...row, state: 'deleting' });
  });
  await assert.rejects(createSnapshot.run({ VolumeId }, context), { code: 'IncorrectState' });
});

test('all snapshots are in the standard tier', async () => {
  const { id, volumeId } = await insertSnapshot(context, { tags: { a: 'b' } });
  await insertSnapshot(context, { createVolumePermissions: ['all'], account: '999999999999' });
  const status = async (input: object) =>
    (await describeSnapshotTierStatus.run(input, context)).SnapshotTierStatuses ?? [];
  const [tier, ...others] = await status({});
  assert.deepEqual(
    [tier?.SnapshotId, tier?.VolumeId, tier?.StorageTier, others.length],
    [id, volumeId, 'standard', 0],
  );
  assert.equal((await status(filtered('snapshot-id', id))).length, 1);
  assert.equal((await status(filtered('volume-id', 'vol-00000000'))).length, 0);
  const archived = filtered('last-tiering-operation', 'archival-completed');
  assert.equal((await status(archived)).length, 0);
  await assert.rejects(status(filtered('tier', 'standard')), { code: 'InvalidParameterValue' });
});
