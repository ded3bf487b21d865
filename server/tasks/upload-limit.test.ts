import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { providerImageNames } from '../../api/imago.ts';
import type { BlockStore, BlockWriter } from '../blocks/block-store.ts';
import type { Host } from '../host/host.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { uploadsAtOnce } from './task.ts';
import { orderBuilt } from './test-build-story.ts';
import { TestImago, withFaults } from './test-imago.ts';

/** As many as may have begun, and whoever else could has begun by then. */
async function restOfBegun(most: () => number): Promise<void> {
  while (most() < uploadsAtOnce) await delay(1);
  await delay(50);
}

test('uploads wait for their turn, whatever number of captures is under way', async () => {
  let [under, most] = [0, 0];
  const wrapHost = withFaults<Host>((host) => ({
    async upload(...request) {
      most = Math.max(most, ++under);
      try {
        await restOfBegun(() => most);
        return await host.upload(...request);
      } finally {
        under--;
      }
    },
  }));
  await using imago = await TestImago.start({ wrapHost });
  const ImageId = (await imago.image()).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 4, MaxCount: 4 });
  for (const { InstanceId = '' } of Instances) {
    await imago.untilState(InstanceId, 'running');
    const [VolumeId = ''] = await imago.volumeIds(InstanceId);
    await imago.call(createSnapshot, { VolumeId });
  }
  const tasks = await imago.untilQuiet();
  assert.ok(tasks.every(({ state }) => state === 'succeeded'));
  assert.equal(most, uploadsAtOnce);
});

test('so does what builds bring in', async () => {
  let [under, most] = [0, 0];
  const wrapBlocks = withFaults<BlockStore>((store) => ({
    begin() {
      most = Math.max(most, ++under);
      return withFaults<BlockWriter>((writer) => ({
        async put(block) {
          await restOfBegun(() => most);
          return writer.put(block);
        },
        async [Symbol.asyncDispose]() {
          under--;
          await writer.abort();
        },
      }))(store.begin());
    },
  }));
  await using imago = await TestImago.start();
  await imago.stopTasks();
  for (const name of providerImageNames) await orderBuilt(imago, 'us-east-1', name);
  await imago.restart({ wrapBlocks });
  const tasks = await imago.untilQuiet();
  assert.ok(tasks.every(({ state }) => state === 'succeeded'));
  assert.equal(most, uploadsAtOnce);
});
