import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { RegisterImageRequest } from '../../../../api/generated/ec2-types.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { createImage } from './CreateImage.ts';
import { describeImages } from './DescribeImages.ts';
import { registerImage } from './RegisterImage.ts';

let context: TestContext;
let snapshot: SnapshotRow;
beforeEach(async () => {
  context = await createTestContext();
  snapshot = await insertSnapshot(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const register = (more: Partial<RegisterImageRequest> = {}) =>
  registerImage.run(
    {
      Name: 'registered',
      Architecture: 'x86_64',
      VirtualizationType: 'hvm',
      RootDeviceName: '/dev/sda1',
      BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId: snapshot.id } }],
      ...more,
    },
    context,
  );
const images = async (input: object = {}) =>
  (await describeImages.run(input, context)).Images ?? [];

test('makes an image that can be launched', async () => {
  const { ImageId = '' } = await register({
    Description: 'mine',
    BootMode: 'uefi',
    ImdsSupport: 'v2.0',
    TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a', Value: 'b' }] }],
  });
  const [image] = await images({ ImageIds: [ImageId] });
  assert.deepEqual(
    [image?.State, image?.Description, image?.BootMode, image?.ImdsSupport, image?.Tags?.length],
    ['available', 'mine', 'uefi', 'v2.0', 1],
  );
  assert.deepEqual([image?.EnaSupport, image?.SriovNetSupport], [false, undefined]);
  const made = await runImage(context, { id: ImageId });
  assert.equal(made.Instances?.[0]?.CurrentInstanceBootMode, 'uefi');
});

test('what an image says of its volumes is shown, and theirs from the launch to a capture', async () => {
  const root = { SnapshotId: snapshot.id, VolumeType: 'io1', Iops: 400 } as const;
  const data = { VolumeSize: 4, VolumeType: 'gp3', Throughput: 250 } as const;
  const { ImageId = '' } = await register({
    BlockDeviceMappings: [
      { DeviceName: '/dev/sda1', Ebs: root },
      { DeviceName: '/dev/sdf', Ebs: data },
    ],
  });
  const figuresOf = async (id: string) =>
    (await images({ ImageIds: [id] }))[0]?.BlockDeviceMappings?.map(({ Ebs }) => [
      ...[Ebs?.VolumeType, Ebs?.VolumeSize, Ebs?.Iops, Ebs?.Throughput],
    ]);
  const figures = [
    ['io1', 8, 400, undefined],
    ['gp3', 4, undefined, 250],
  ];
  assert.deepEqual(await figuresOf(ImageId), figures);
  const { InstanceId } = launched(await runImage(context, { id: ImageId }));
  await moveInstance(context, InstanceId, { state: 'running' });
  const order = { InstanceId, Name: 'captured', NoReboot: true };
  const more = { VolumeSize: 4, VolumeType: 'io2', Iops: 100 } as const;
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdg', Ebs: more }];
  const captured = await createImage.run({ ...order, BlockDeviceMappings }, context);
  assert.deepEqual(await figuresOf(captured.ImageId ?? ''), [
    ...figures,
    ['io2', 4, 100, undefined],
  ]);
  const other = { DeviceName: '/dev/sdf', Ebs: { Throughput: 125 } };
  await assert.rejects(
    createImage.run({ ...order, Name: 'other', BlockDeviceMappings: [other] }, context),
    { code: 'InvalidBlockDeviceMapping' },
  );
});

test('drivers of the guest are accepted as every uploader sends them, shown, and found by', async () => {
  const { ImageId = '' } = await register({
    BootMode: 'uefi-preferred',
    EnaSupport: true,
    SriovNetSupport: 'simple',
    ImdsSupport: 'v2.0',
  });
  await register({ Name: 'without', EnaSupport: false });
  const [image] = await images({ ImageIds: [ImageId] });
  assert.deepEqual([image?.EnaSupport, image?.SriovNetSupport], [true, 'simple']);
  for (const [Name, value] of [
    ['ena-support', 'true'],
    ['sriov-net-support', 'simple'],
  ] as const) {
    const found = await images({ Filters: [{ Name, Values: [value] }] });
    assert.deepEqual(
      found.map((each) => each.ImageId),
      [ImageId],
      Name,
    );
  }
});

test('refuses what it cannot run', async () => {
  const pending = await insertSnapshot(context, { state: 'pending', root: undefined });
  const alien = await insertSnapshot(context.as({ account: '999999999999' }));
  const root = (SnapshotId?: string) => ({
    BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId, VolumeSize: 8 } }],
  });
  const ephemeral = { DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' };
  await insertImage(context, { name: 'taken' });
  const wrong: [Partial<RegisterImageRequest>, string][] = [
    [{ Name: 'ab' }, 'InvalidAMIName.Malformed'],
    [{ Name: 'what?' }, 'InvalidAMIName.Malformed'],
    [{ Name: 'taken' }, 'InvalidAMIName.Duplicate'],
    [{ Description: 'x'.repeat(256) }, 'InvalidParameterValue'],
    [{ Architecture: 'arm64' }, 'InvalidParameterValue'],
    [{ Architecture: undefined }, 'InvalidParameterValue'],
    [{ VirtualizationType: 'paravirtual' }, 'InvalidParameterValue'],
    [{ RootDeviceName: undefined }, 'MissingParameter'],
    [{ RootDeviceName: '/dev/sdb' }, 'InvalidBlockDeviceMapping'],
    [root(), 'InvalidBlockDeviceMapping'],
    [root(pending.id), 'IncorrectState'],
    [root(alien.id), 'InvalidSnapshot.NotFound'],
    [{ BootMode: 'floppy' }, 'InvalidParameterValue'],
    [{ ImdsSupport: 'v1.0' }, 'InvalidParameterValue'],
    [{ SriovNetSupport: 'none' }, 'InvalidParameterValue'],
    [{ BlockDeviceMappings: [ephemeral] }, 'UnsupportedOperation'],
  ];
  for (const [input, code] of wrong) {
    await assert.rejects(register(input), { code }, `${code}: ${JSON.stringify(input)}`);
  }
  assert.equal((await images()).length, 1);
});
