/** Snapshots of volumes that were made by themselves, moved and grown. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Host } from '../host/host.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { attachVolume } from '../operations/ec2/volumes/AttachVolume.ts';
import { copyVolumes } from '../operations/ec2/volumes/CopyVolumes.ts';
import { createVolume } from '../operations/ec2/volumes/CreateVolume.ts';
import { deleteVolume } from '../operations/ec2/volumes/DeleteVolume.ts';
import { detachVolume } from '../operations/ec2/volumes/DetachVolume.ts';
import { modifyVolume } from '../operations/ec2/volumes/ModifyVolume.ts';
import { TaskFailure } from './task.ts';
import { assertTidy, launchWritten, volumeRow } from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

let imago: TestImago;
beforeEach(async () => {
  imago = await TestImago.start();
});
afterEach(() => imago[Symbol.asyncDispose]());

async function newVolume(request: object): Promise<string> {
  const AvailabilityZone = 'us-east-1a';
  return (await imago.call(createVolume, { AvailabilityZone, ...request })).VolumeId ?? '';
}

async function snapshotOf(VolumeId: string) {
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId });
  await imago.untilQuiet();
  const row = await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
  assert.equal(row?.state, 'completed', row?.stateMessage);
  return { id: SnapshotId, sizeGiB: row?.volumeSizeGiB };
}

test('a volume that no machine ever had is its snapshot, or empty', async () => {
  const [, root] = await launchWritten(imago, mib, 7);
  const { id: SnapshotId } = await snapshotOf(root);
  const copy = await newVolume({ SnapshotId, Size: 3 });
  const { id, sizeGiB } = await snapshotOf(copy);
  assert.deepEqual([await imago.readSnapshot(id, mib), sizeGiB], [7, 3]);
  assert.equal(await imago.readSnapshot(id, 2000 * mib), 0);
  const empty = await snapshotOf(await newVolume({ Size: 1 }));
  assert.equal(await imago.readSnapshot(empty.id, mib), 0);
  const again = await snapshotOf(copy);
  assert.equal(await imago.readSnapshot(again.id, mib), 7);
  await assertTidy(imago);
});

test('one that has grown keeps what it had, each snapshot has the size of its time', async () => {
  const [instanceId, root] = await launchWritten(imago, mib, 7);
  const small = await snapshotOf(root);
  await imago.call(stopInstances, { InstanceIds: [instanceId] });
  await imago.untilState(instanceId, 'stopped');
  await imago.call(modifyVolume, { VolumeId: root, Size: 2 });
  const large = await snapshotOf(root);
  assert.deepEqual([small.sizeGiB, large.sizeGiB], [1, 2]);
  assert.equal(await imago.readSnapshot(large.id, mib), 7);
  assert.equal(await imago.readSnapshot(large.id, 1500 * mib), 0);
  assert.equal((await volumeRow(imago, root))?.layers.length, 1);
  await assertTidy(imago);
});

test('one that went from a stopped instance to another is captured there', async () => {
  const [first, root] = await launchWritten(imago, mib, 7);
  const [second] = await launchWritten(imago, mib, 8);
  for (const id of [first, second]) {
    await imago.call(stopInstances, { InstanceIds: [id] });
    await imago.untilState(id, 'stopped');
  }
  await imago.call(detachVolume, { VolumeId: root });
  const free = await snapshotOf(root);
  await imago.call(attachVolume, { VolumeId: root, InstanceId: second, Device: '/dev/sdf' });
  const moved = await snapshotOf(root);
  for (const { id } of [free, moved]) assert.equal(await imago.readSnapshot(id, mib), 7);
  await assertTidy(imago);
});

test('a copy is what its source was at one point in time, and both go on', async () => {
  const [, root] = await launchWritten(imago, mib, 7);
  const { Volumes: [made] = [] } = await imago.call(copyVolumes, { SourceVolumeId: root, Size: 2 });
  const copyId = made?.VolumeId ?? '';
  await imago.untilQuiet();
  const [copy, source] = [await volumeRow(imago, copyId), await volumeRow(imago, root)];
  assert.deepEqual([copy?.state, copy?.base], ['available', source?.base]);
  assert.deepEqual(
    await imago.catalog.read(({ snapshots }) => snapshots.list({ where: { volumeId: root } })),
    [],
  );
  await imago.write(root, mib, 4096, 8);
  const ofCopy = await snapshotOf(copyId);
  assert.deepEqual([await imago.readSnapshot(ofCopy.id, mib), ofCopy.sizeGiB], [7, 2]);
  assert.equal(await imago.readSnapshot((await snapshotOf(root)).id, mib), 8);
  await assertTidy(imago);
});

test('a copy that cannot be made is in error, and its source as it was', async () => {
  const [, root] = await launchWritten(imago, mib, 7);
  const upload = async () => {
    throw new TaskFailure('Server.InternalError', 'no upload today');
  };
  await imago.restart({ wrapHost: withFaults<Host>(() => ({ upload })) });
  const { Volumes: [made] = [] } = await imago.call(copyVolumes, { SourceVolumeId: root });
  await imago.untilQuiet();
  assert.equal((await volumeRow(imago, made?.VolumeId))?.state, 'error');
  await imago.restart();
  assert.equal(await imago.readSnapshot((await snapshotOf(root)).id, mib), 7);
  await imago.call(deleteVolume, { VolumeId: made?.VolumeId ?? '' });
  await imago.until('it is gone', async () => !(await volumeRow(imago, made?.VolumeId)));
  await assertTidy(imago);
});
