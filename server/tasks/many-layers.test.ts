/**
 * Captures that fail leave a layer each, but never more than a volume may have; nothing of its
 * bytes is lost.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Host } from '../host/host.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { layersMax } from './merge-layers.ts';
import { failing } from './test-faults.ts';
import { TestImago } from './test-imago.ts';

const mib = 1024 ** 2;
const captures = 20;

async function launch(imago: TestImago) {
  const ImageId = (await imago.image()).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const instanceId = Instances[0]?.InstanceId ?? '';
  await imago.untilState(instanceId, 'running');
  const [volumeId = ''] = await imago.volumeIds(instanceId);
  return { instanceId, volumeId };
}

async function layersOf(imago: TestImago, volumeId: string): Promise<number> {
  const volume = await imago.catalog.read(({ volumes }) => volumes.get(volumeId));
  const files = await imago.layerFiles();
  assert.equal(files.length, volume?.layers.length, 'a file a layer');
  return files.length;
}

async function assertWhole(imago: TestImago, volumeId: string, written: number): Promise<void> {
  const { SnapshotId = '' } = await imago.call(createSnapshot, { VolumeId: volumeId });
  await imago.untilQuiet();
  const snapshot = await imago.catalog.read(({ snapshots }) => snapshots.get(SnapshotId));
  assert.equal(snapshot?.state, 'completed', snapshot?.stateMessage);
  for (let index = 0; index < written; index++) {
    assert.equal(await imago.readSnapshot(SnapshotId, index * mib), 101 + index);
  }
  assert.equal(await layersOf(imago, volumeId), 1);
}

describe(`${captures} captures fail`, { concurrency: 2 }, () => {
  for (const [method, kind] of [
    ['upload', 'throws'],
    ['rebase', 'performs and throws'],
    ['pivot', 'performs and throws'],
  ] as const) {
    test(`since ${method} ${kind}`, async () => {
      await using imago = await TestImago.start();
      const { instanceId, volumeId } = await launch(imago);
      await imago.restart({
        wrapHost: failing<Host>(method, kind, Number.POSITIVE_INFINITY).wrap,
      });
      for (let index = 0; index < captures; index++) {
        await imago.write(volumeId, index * mib, 4096, 101 + index);
        if (index % 4 === 3) {
          await imago.call(createImage, { InstanceId: instanceId, Name: `image ${index}` });
        } else {
          await imago.call(createSnapshot, { VolumeId: volumeId });
        }
        await imago.untilQuiet();
        assert.ok((await layersOf(imago, volumeId)) <= layersMax);
      }
      await imago.restart();
      await imago.untilState(instanceId, 'running');
      await assertWhole(imago, volumeId, captures);
    });
  }
});

test('more captures at once than a volume may have layers: all complete', async () => {
  await using imago = await TestImago.start();
  const { volumeId } = await launch(imago);
  await imago.write(volumeId, 0, 4096, 101);
  let most = 0;
  const orders = Array.from({ length: captures }, () =>
    imago.call(createSnapshot, { VolumeId: volumeId }),
  );
  const ids = (await Promise.all(orders)).map(({ SnapshotId = '' }) => SnapshotId);
  await imago.until('all tasks finished', async () => {
    const { volume, tasks } = await imago.catalog.read(async (reader) => ({
      volume: await reader.volumes.get(volumeId),
      tasks: await reader.tasks.list(),
    }));
    most = Math.max(most, volume?.layers.length ?? 0);
    return tasks.every(({ state }) => state === 'succeeded' || state === 'failed');
  });
  assert.ok(most <= layersMax, `${most} layers`);
  for (const id of ids) assert.equal(await imago.readSnapshot(id, 0), 101);
  await assertWhole(imago, volumeId, 1);
});
