/** The volumes of a launch: their types and figures, and the names of their devices. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { RunInstancesRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { launched, runImage } from '../../test-instances.ts';
import { describeVolumes } from '../volumes/DescribeVolumes.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

async function launch(more: Partial<RunInstancesRequest>) {
  return launched(await runImage(context, image, more));
}

test('figures of a volume are those of its type', async () => {
  const refused: [object, string][] = [
    [{ VolumeType: 'gp3', Iops: 4001 }, 'InvalidParameterValue'],
    [{ VolumeType: 'gp3', Throughput: 751 }, 'InvalidParameterValue'],
    [{ VolumeType: 'io1', VolumeSize: 8 }, 'MissingParameter'],
    [{ VolumeType: 'st1', VolumeSize: 125 }, 'InvalidBlockDeviceMapping'],
    [{ VolumeType: 'gp4' }, 'UnknownVolumeType'],
    [{ VolumeType: 'gp2', Iops: 3000 }, 'InvalidParameterCombination'],
    [{ VolumeType: 'standard', Throughput: 125 }, 'InvalidParameterCombination'],
  ];
  for (const [Ebs, code] of refused) {
    const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs }];
    await assert.rejects(launch({ BlockDeviceMappings }), { code });
  }
  const Ebs = { VolumeType: 'gp2', VolumeSize: 100 };
  await launch({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }] });
  const { Volumes = [] } = await describeVolumes.run({}, context);
  assert.deepEqual([Volumes[0]?.Iops, Volumes[0]?.Throughput], [300, undefined]);
});

test('a volume has the figures that were asked for, or its image’s', async () => {
  const asked = { VolumeType: 'gp3', Iops: 4000, Throughput: 500 } as const;
  const made = await launch({ BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: asked }] });
  const figuresOf = async (id = '') => {
    const filter = [{ Name: 'attachment.instance-id', Values: [id] }];
    const { Volumes = [] } = await describeVolumes.run({ Filters: filter }, context);
    return [Volumes[0]?.VolumeType, Volumes[0]?.Iops, Volumes[0]?.Throughput];
  };
  assert.deepEqual(await figuresOf(made.InstanceId), ['gp3', 4000, 500]);
  await context.catalog.write(async ({ images }) => {
    const [row] = await images.list({ where: { id: image.id } });
    const [mapping] = row?.blockDeviceMappings ?? [];
    if (!row || !mapping) throw new Error('the image has no disk');
    const ebs = { ...mapping.ebs, volumeType: 'io1', iops: 400 };
    await images.update({ ...row, blockDeviceMappings: [{ ...mapping, ebs }] });
  });
  assert.deepEqual(await figuresOf((await launch({})).InstanceId), ['io1', 400, undefined]);
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { VolumeType: 'gp2' } as const }];
  const other = await launch({ BlockDeviceMappings });
  assert.deepEqual(await figuresOf(other.InstanceId), ['gp2', 100, undefined]);
});

test('two names of one place are one place', async () => {
  const mapping = (DeviceName: string) => ({ DeviceName, Ebs: { VolumeSize: 1 } });
  for (const names of [['/dev/sda1'], ['/dev/sdf', '/dev/xvdf'], ['sdg', '/dev/sdg']]) {
    await assert.rejects(launch({ BlockDeviceMappings: names.map(mapping) }), {
      code: 'InvalidBlockDeviceMapping',
      message: /is another name of/,
    });
  }
  await launch({ BlockDeviceMappings: ['/dev/sdf', 'xvdg'].map(mapping) });
});
