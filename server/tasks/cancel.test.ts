/**
 * Captures of which nothing is wanted any more while they are made: ended, undone, nothing of them
 * left.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Host } from '../host/host.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { deleteSnapshot } from '../operations/ec2/snapshots/DeleteSnapshot.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;

/** Uploads that go on until they are told to end. */
function endlessUploads() {
  const begun = Promise.withResolvers<void>();
  const wrapHost = withFaults<Host>(() => ({
    upload: (_, options) =>
      new Promise((_resolve, reject) => {
        begun.resolve();
        options?.signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  }));
  return { begun: begun.promise, wrapHost };
}

async function launch(imago: TestImago): Promise<[instanceId: string, volumeId: string]> {
  const ImageId = (await imago.image()).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [volumeId = ''] = await imago.volumeIds(id);
  return [id, volumeId];
}

/** The next capture takes all that was written, before and after the one that was undone. */
async function assertWhole(imago: TestImago, volumeId: string): Promise<void> {
  await imago.restart();
  await imago.write(volumeId, 2 * mib, 4096, 2);
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
  await imago.untilQuiet();
  assert.equal(await imago.readSnapshot(SnapshotId, mib), 1);
  assert.equal(await imago.readSnapshot(SnapshotId, 2 * mib), 2);
  const volume = await imago.catalog.read(({ volumes }) => volumes.get(volumeId));
  assert.equal(volume?.layers.length, 1);
  assert.equal((await imago.layerFiles()).length, 1);
}

describe('a capture that nobody wants any more', () => {
  test('of a snapshot that is deleted while it is pending', async () => {
    const { begun, wrapHost } = endlessUploads();
    await using imago = await TestImago.start({ wrapHost });
    const [, volumeId] = await launch(imago);
    await imago.write(volumeId, mib, 4096, 1);
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await begun;
    await imago.call(deleteSnapshot, { SnapshotId });
    const [task] = await imago.untilQuiet();
    assert.equal(task?.error?.code, 'Client.UserInitiated');
    assert.equal(await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId)), undefined);
    await assertWhole(imago, volumeId);
  });

  test('also one that was killed in between', async () => {
    const { begun, wrapHost } = endlessUploads();
    await using imago = await TestImago.start({ wrapHost });
    const [, volumeId] = await launch(imago);
    await imago.write(volumeId, mib, 4096, 1);
    const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
    await begun;
    await imago.stopTasks();
    await imago.call(deleteSnapshot, { SnapshotId });
    await imago.restart();
    const [task] = await imago.untilQuiet();
    assert.equal(task?.error?.code, 'Client.UserInitiated');
    await assertWhole(imago, volumeId);
  });

  for (const NoReboot of [true, false]) {
    test(`of an image that is deregistered with its snapshots (NoReboot ${NoReboot})`, async () => {
      const { begun, wrapHost } = endlessUploads();
      await using imago = await TestImago.start({ wrapHost });
      const [InstanceId, volumeId] = await launch(imago);
      await imago.write(volumeId, mib, 4096, 1);
      const order = { InstanceId, Name: 'unwanted', NoReboot };
      const { ImageId = '' } = await imago.call(createImage, order);
      await begun;
      const { DeleteSnapshotResults } = await imago.call(deregisterImage, {
        ImageId,
        DeleteAssociatedSnapshots: true,
      });
      assert.equal(DeleteSnapshotResults?.[0]?.ReturnCode, 'success');
      const [task] = await imago.untilQuiet();
      assert.equal(task?.state, 'failed');
      const instance = await imago.instance(InstanceId);
      assert.deepEqual([instance?.state, instance?.haltedBy], ['running', undefined]);
      assert.equal(await imago.hypervisor.status(InstanceId), 'running');
      await assertWhole(imago, volumeId);
    });
  }
});
