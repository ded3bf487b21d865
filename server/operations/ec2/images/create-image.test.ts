import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { CreateImageRequest } from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { CreateImageInput } from '../../../domain/order-capture.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { insertRunningInstance } from '../../test-instances.ts';
import { createImage } from './CreateImage.ts';
import { describeImages } from './DescribeImages.ts';

let context: TestContext;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  const image = await insertProviderImage(context, {
    imdsSupport: 'v2.0',
    enaSupport: true,
    sriovNetSupport: 'simple',
  });
  instance = await insertRunningInstance(context, image);
});
afterEach(() => context[Symbol.asyncDispose]());

const snapshotRow = (id = '') => context.catalog.read(({ snapshots }) => snapshots.get(id));
const create = (more: Partial<CreateImageRequest> = {}) =>
  createImage.run({ InstanceId: instance.id, Name: 'golden', ...more }, context);
const orders = async () => {
  const rows = await context.catalog.read(({ tasks }) => tasks.list());
  return rows.map(({ input }) => input as CreateImageInput);
};

test('writes down what is to be captured', async () => {
  const { ImageId = '' } = await create({
    TagSpecifications: [
      { ResourceType: 'image', Tags: [{ Key: 'of', Value: 'image' }] },
      { ResourceType: 'snapshot', Tags: [{ Key: 'of', Value: 'snapshot' }] },
    ],
  });
  const [image] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
  assert.deepEqual([image?.State, image?.SourceInstanceId], ['pending', instance.id]);
  assert.equal(image?.SourceImageId, instance.imageId);
  assert.equal(image?.ImdsSupport, 'v2.0', 'as its source');
  assert.deepEqual([image?.EnaSupport, image?.SriovNetSupport], [true, 'simple'], 'the same');
  assert.deepEqual(
    image?.BlockDeviceMappings?.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.VolumeSize]),
    [
      ['/dev/xvda', 8],
      ['/dev/sdf', 2],
    ],
  );
  const snapshot = await snapshotRow(image?.BlockDeviceMappings?.[1]?.Ebs?.SnapshotId);
  assert.deepEqual([snapshot?.state, snapshot?.tags], ['pending', { of: 'snapshot' }]);
  assert.equal((await orders())[0]?.reboot, true, 'EC2’s default');
  await create({ Name: 'second', NoReboot: true });
  const second = (await orders()).find((order) => order.imageId !== ImageId);
  assert.equal(second?.reboot, false);
});

test('leaves out and adds volumes, and keeps another on termination', async () => {
  const extra = await insertSnapshot(context, { volumeSizeGiB: 3 });
  const { ImageId = '' } = await create({
    BlockDeviceMappings: [
      { DeviceName: '/dev/sdf', NoDevice: '' },
      { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 8, DeleteOnTermination: false } },
      { DeviceName: '/dev/sdg', Ebs: { SnapshotId: extra.id } },
      { DeviceName: '/dev/sdh', Ebs: { VolumeSize: 1 } },
    ],
  });
  const [image] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
  const [root, added, empty] = image?.BlockDeviceMappings ?? [];
  assert.equal(image?.BlockDeviceMappings?.length, 3);
  assert.deepEqual([root?.Ebs?.VolumeSize, root?.Ebs?.DeleteOnTermination], [8, false]);
  assert.deepEqual([added?.Ebs?.SnapshotId, added?.Ebs?.VolumeSize], [extra.id, 3]);
  assert.deepEqual([empty?.Ebs?.SnapshotId, empty?.Ebs?.VolumeSize], [undefined, 1]);
  assert.equal((await orders())[0]?.captures.length, 1);
  const rootSnapshot = await snapshotRow(root?.Ebs?.SnapshotId);
  assert.equal(rootSnapshot?.volumeSizeGiB, 8, 'the snapshot is as large as its volume');
});

test('NoDevice leaves a device out whatever it says and whatever is beside it', async () => {
  const left = async (Name: string, mapping: object) => {
    const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', ...mapping }];
    const { ImageId = '' } = await create({ Name, BlockDeviceMappings });
    const [image] = (await describeImages.run({ ImageIds: [ImageId] }, context)).Images ?? [];
    return image?.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName);
  };
  const both = ['/dev/xvda', '/dev/sdf'];
  assert.deepEqual(await left('none', { NoDevice: '' }), ['/dev/xvda']);
  assert.deepEqual(await left('a word', { NoDevice: 'false' }), ['/dev/xvda']);
  const beside = { NoDevice: '', VirtualName: 'ephemeral0', Ebs: { VolumeSize: 5 } };
  assert.deepEqual(await left('beside', beside), ['/dev/xvda']);
  assert.deepEqual(await left('same', { Ebs: { VolumeSize: 2 } }), both, 'as it is');
  assert.deepEqual(await left('another', { DeviceName: '/dev/sdz', NoDevice: '' }), both);
});

test('the boot mode can be narrowed to UEFI where the instance was booted so', async () => {
  const override = (Name: string) => create({ Name, BootModeOverride: 'uefi' });
  await assert.rejects(override('of legacy BIOS'), { code: 'InvalidParameterCombination' });
  const both = await insertProviderImage(context, { bootMode: 'uefi-preferred' });
  instance = await insertRunningInstance(context, both);
  const mode = async (ImageId = '') =>
    (await describeImages.run({ ImageIds: [ImageId] }, context)).Images?.[0]?.BootMode;
  assert.equal(await mode((await create()).ImageId), 'uefi-preferred');
  assert.equal(await mode((await override('uefi alone')).ImageId), 'uefi');
  const wrong = { BootModeOverride: 'legacy-bios' };
  await assert.rejects(create(wrong), { code: 'InvalidParameterValue' });
});

test('refuses bad input and changes nothing', async () => {
  await insertImage(context, { name: 'taken' });
  const { id: SnapshotId } = await insertSnapshot(context);
  // Of what the instance has only DeleteOnTermination is the caller’s.
  const changes = [
    { VolumeSize: 7 },
    { VolumeSize: 20, VolumeType: 'gp3' },
    { VolumeType: 'standard' },
    { SnapshotId },
  ];
  const wrong: [Partial<CreateImageRequest>, string][] = [
    [{ Name: 'taken' }, 'InvalidAMIName.Duplicate'],
    [{ Name: 'n'.repeat(129) }, 'InvalidAMIName.Malformed'],
    [{ InstanceId: 'i-00000000' }, 'InvalidInstanceID.NotFound'],
    [{ InstanceId: 'i-?' }, 'InvalidInstanceID.Malformed'],
    ...changes.map((Ebs): [Partial<CreateImageRequest>, string] => [
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs }] },
      'InvalidBlockDeviceMapping',
    ]),
    [
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', NoDevice: '' }] },
      'InvalidBlockDeviceMapping',
    ],
  ];
  for (const [input, code] of wrong) await assert.rejects(create(input), { code }, code);
  for (const state of ['pending', 'error'] as const) {
    const { id: SnapshotId } = await insertSnapshot(context, { state, root: undefined });
    const added = { BlockDeviceMappings: [{ DeviceName: '/dev/sdg', Ebs: { SnapshotId } }] };
    await assert.rejects(create(added), { code: 'IncorrectState' }, state);
  }
  await context.catalog.write(({ instances }) =>
    instances.update({ ...instance, state: 'terminated' }),
  );
  await assert.rejects(create(), { code: 'IncorrectInstanceState' });
  assert.deepEqual(await orders(), []);
});
