/**
 * Who works with a port that never answers is not held by it, long before anybody's time is over.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createSnapshot } from '../operations/ec2/snapshots/CreateSnapshot.ts';
import { orderBuilt } from './test-build-story.ts';
import { forLong, ofHost, ofWriters } from './test-faulty-calls.ts';
import { TestImago } from './test-imago.ts';

/** One that hangs fails. */
const timeout = 60_000;

test('Imago ends while the block store is silent to a build', { timeout }, async () => {
  const fault = ofWriters('put').make('never answers', forLong);
  await using imago = await TestImago.start();
  await imago.stopTasks();
  const id = await orderBuilt(imago, 'us-east-1');
  await imago.restart(fault.options);
  await imago.until('the import hangs', async () => fault.happened());
  await imago.stopTasks();
  fault.end();
  await imago.restart();
  const tasks = await imago.untilQuiet();
  assert.equal(tasks.find((task) => task.id === id)?.state, 'succeeded');
});

test('a capture ends while the host does not say how much room it has', { timeout }, async () => {
  const fault = ofHost('measure', 'upload').make('never answers', forLong);
  await using imago = await TestImago.start(fault.options);
  const ImageId = (await imago.image()).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [VolumeId = ''] = await imago.volumeIds(id);
  await imago.call(createSnapshot, { VolumeId });
  const [task] = await imago.untilQuiet();
  assert.equal(task?.state, 'succeeded');
  assert.ok(fault.happened());
  fault.end();
});
