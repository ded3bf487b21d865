/** An instance outlives its image: it stops, starts and is captured when that is deregistered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { deregisterImage } from '../operations/ec2/images/DeregisterImage.ts';
import { describeImages } from '../operations/ec2/images/DescribeImages.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { startInstances } from '../operations/ec2/instances/StartInstances.ts';
import { stopInstances } from '../operations/ec2/instances/StopInstances.ts';
import { terminateInstances } from '../operations/ec2/instances/TerminateInstances.ts';
import { TestImago } from './test-imago.ts';

test('an instance goes on when its image and its snapshots are gone', async () => {
  await using imago = await TestImago.start();
  const run = async (ImageId: string) => {
    const launch = { ImageId, MinCount: 1, MaxCount: 1 };
    const { Instances = [] } = await imago.call(runInstances, launch);
    const id = Instances[0]?.InstanceId ?? '';
    await imago.untilState(id, 'running');
    return id;
  };
  const capture = async (InstanceId: string, Name: string) => {
    const { ImageId = '' } = await imago.call(createImage, { InstanceId, Name, NoReboot: true });
    await imago.untilQuiet();
    return ImageId;
  };
  const shown = async (id: string) =>
    (await imago.call(describeImages, { ImageIds: [id] })).Images ?? [];

  const source = await capture(await run((await imago.image()).id), 'source');
  const id = await run(source);
  const [volumeId = ''] = await imago.volumeIds(id);
  await imago.call(deregisterImage, { ImageId: source, DeleteAssociatedSnapshots: true });
  assert.deepEqual(await shown(source), []);

  await imago.call(stopInstances, { InstanceIds: [id] });
  await imago.untilState(id, 'stopped');
  await imago.write(volumeId, 0, 4096, 42);
  await imago.call(startInstances, { InstanceIds: [id] });
  await imago.untilState(id, 'running');
  const [image] = await shown(await capture(id, 'of what is left'));
  assert.deepEqual([image?.State, image?.SourceImageId], ['available', source]);
  const { SnapshotId = '' } = image?.BlockDeviceMappings?.[0]?.Ebs ?? {};
  assert.equal(await imago.readSnapshot(SnapshotId, 0), 42);

  await imago.call(terminateInstances, { InstanceIds: [id] });
  await imago.untilState(id, 'terminated');
  assert.deepEqual(await shown(source), [], 'it has only just gone');
  imago.advance(3_600_001);
  await assert.rejects(shown(source), { code: 'InvalidAMIID.NotFound' });
});
