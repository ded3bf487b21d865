/** For tests of captures: instances that are captured, their images, and what must be in order. */
import assert from 'node:assert/strict';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { createImage } from '../operations/ec2/images/CreateImage.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import type { StepHook, StepMoment } from './runner.ts';
import type { TestImago } from './test-imago.ts';

/** With a second, empty volume of 2 GiB. */
export async function launch(imago: TestImago, ImageId: string): Promise<[string, string[]]> {
  const { Instances = [] } = await imago.call(runInstances, {
    ImageId,
    MinCount: 1,
    MaxCount: 1,
    InstanceType: 't3.nano',
    BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2 } }],
  });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  return [id, await imago.volumeIds(id)];
}

/** With its root alone, at whose offset the guest has written this byte. */
export async function launchWritten(
  imago: TestImago,
  offset: number,
  byte: number,
): Promise<[string, string]> {
  const ImageId = (await imago.image()).id;
  const { Instances = [] } = await imago.call(runInstances, { ImageId, MinCount: 1, MaxCount: 1 });
  const id = Instances[0]?.InstanceId ?? '';
  await imago.untilState(id, 'running');
  const [volumeId = ''] = await imago.volumeIds(id);
  await imago.write(volumeId, offset, 4096, byte);
  return [id, volumeId];
}

let names = 0;
export async function capture(
  imago: TestImago,
  instanceId: string,
  more: object = {},
): Promise<string> {
  const { ImageId = '' } = await imago.call(createImage, {
    InstanceId: instanceId,
    Name: `image ${++names}`,
    NoReboot: true,
    ...more,
  });
  return ImageId;
}

export function imageRow(imago: TestImago, id: string): Promise<ImageRow | undefined> {
  return imago.catalog.read(({ images }) => images.get(id));
}

export function volumeRow(imago: TestImago, id = ''): Promise<VolumeRow | undefined> {
  return imago.catalog.read(({ volumes }) => volumes.get(id));
}

export function snapshotsOf(image?: ImageRow): string[] {
  return image?.blockDeviceMappings.map(({ ebs }) => ebs.snapshotId ?? '') ?? [];
}

export async function settled(imago: TestImago, id: string): Promise<ImageRow> {
  const image = await imago.until(`${id} settled`, async () => {
    const row = await imageRow(imago, id);
    return row && row.state !== 'pending' && row;
  });
  await imago.untilQuiet();
  return image;
}

/**
 * Nothing lies about: one file for each layer of a volume, no task is unfinished, no snapshot
 * pending.
 */
export async function assertTidy(imago: TestImago): Promise<void> {
  const { volumes, snapshots } = await imago.catalog.read(async (reader) => ({
    volumes: await reader.volumes.list(),
    snapshots: await reader.snapshots.list(),
  }));
  const named = volumes.flatMap(({ id, layers }) =>
    layers.map(({ number }) => `${id}/${number}.qcow2`),
  );
  assert.deepEqual(await imago.layerFiles(), named.sort());
  assert.ok(
    snapshots.every(({ state, cutLayer }) => state !== 'pending' && cutLayer === undefined),
  );
  assert.ok(volumes.every(({ nextBase }) => nextBase === undefined));
}

export function killAt(step: string, moment: StepMoment): StepHook {
  let killed = false;
  return (_, name, at) => {
    if (killed || (name === step && at === moment)) {
      killed = true;
      throw new Error('killed');
    }
  };
}
