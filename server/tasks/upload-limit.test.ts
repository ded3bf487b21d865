import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host } from '../host/host.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { uploadsAtOnce } from './task.ts';
import { TestImago, withFaults } from './test-imago.ts';

test('uploads wait for their turn, whatever number of captures is under way', async () => {
  let [under, most] = [0, 0];
  const wrapHost = withFaults<Host>((host) => ({
    async upload(...request) {
      most = Math.max(most, ++under);
      try {
        // Whoever could begin beside it has begun by then.
        await new Promise((resolve) => setTimeout(resolve, 50));
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
