/** AttachVolume and DetachVolume: what they write down; machines are test/vm's. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertSnapshot, newProduct } from '../../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { createImage } from '../images/CreateImage.ts';
import { describeInstances } from '../instances/DescribeInstances.ts';
import { modifyInstanceAttribute } from '../instances/ModifyInstanceAttribute.ts';
import { startInstances } from '../instances/StartInstances.ts';
import { createSnapshots } from '../snapshots/CreateSnapshots.ts';
import { attachVolume } from './AttachVolume.ts';
import { createVolume } from './CreateVolume.ts';
import { describeVolumes } from './DescribeVolumes.ts';
import { detachVolume } from './DetachVolume.ts';

let context: TestContext;
let instance: InstanceRow;
beforeEach(async () => {
  context = await createTestContext();
  instance = await insertRunningInstance(context, await insertImage(context));
});
afterEach(() => context[Symbol.asyncDispose]());

async function newVolume(more: object = {}): Promise<string> {
  const request = { Size: 1, AvailabilityZone: 'us-east-1a', ...more };
  return (await createVolume.run(request, context)).VolumeId ?? '';
}

const attach = (VolumeId: string, Device = '/dev/sdh', InstanceId = instance.id) =>
  attachVolume.run({ VolumeId, Device, InstanceId }, context);
const detach = (VolumeId: string, more: object = {}) =>
  detachVolume.run({ VolumeId, ...more }, context);
const stop = () => moveInstance(context, instance.id, { state: 'stopped' });
const rowOf = (id: string) => context.catalog.read(({ volumes }) => volumes.get(id));

/** As the driver leaves it when the machine has it. */
async function settle(id: string): Promise<void> {
  await context.catalog.write(async ({ volumes }) => {
    const row = await volumes.get(id);
    if (!row?.attachment) throw new Error(`${id} is not attached`);
    const { state: _, ...attachment } = row.attachment;
    await volumes.update({ ...row, attachment });
  });
}

async function shown(id: string) {
  const { Volumes } = await describeVolumes.run({ VolumeIds: [id] }, context);
  const [volume] = Volumes ?? [];
  return [volume?.State, volume?.Attachments?.[0]?.State];
}

test('a running instance is told of it, a stopped one has it at once', async () => {
  const id = await newVolume();
  const made = await attach(id);
  assert.deepEqual(
    [made.State, made.Device, made.InstanceId, made.DeleteOnTermination, made.AttachTime],
    ['attaching', '/dev/sdh', instance.id, false, context.now],
  );
  assert.deepEqual(await shown(id), ['in-use', 'attaching']);
  const { Reservations } = await describeInstances.run({ InstanceIds: [instance.id] }, context);
  const mappings = Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings ?? [];
  assert.deepEqual(
    mappings.map(({ DeviceName, Ebs }) => [DeviceName, Ebs?.Status]),
    [
      ['/dev/xvda', 'attached'],
      ['/dev/sdf', 'attached'],
      ['/dev/sdh', 'attaching'],
    ],
  );
  await stop();
  const other = await newVolume();
  assert.equal((await attach(other, 'xvdi')).State, 'attached');
  assert.deepEqual(await shown(other), ['in-use', 'attached']);
});

test('one place has one device, whatever it is called', async () => {
  const id = await newVolume();
  for (const taken of ['/dev/sdf', '/dev/xvdf', 'sdf', 'xvdf', '/dev/sda1', '/dev/xvda', 'xvda']) {
    await assert.rejects(attach(id, taken), {
      code: 'InvalidParameterValue',
      message: `Invalid value '${taken}' for unixDevice. Attachment point ${taken} is already in use`,
    });
  }
  for (const wrong of ['/dev/sdk1', '/dev/sdA', 'sdaa', '/dev/xvdea', '/dev/vdb', 'h', '']) {
    await assert.rejects(attach(id, wrong), {
      code: 'InvalidParameterValue',
      message: `Value (${wrong}) for parameter device is invalid. ${wrong} is not a valid EBS device name.`,
    });
  }
  const names = ['/dev/sdb', 'sdz', '/dev/xvdg', 'xvdaa', '/dev/xvddz'];
  for (const name of names) await attach(await newVolume(), name);
});

test('of two at once for one device one has it', async () => {
  const ids = [await newVolume(), await newVolume()];
  const ends = await Promise.allSettled(ids.map((id) => attach(id, '/dev/sdg')));
  assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});

test('slots that become free are used again', async () => {
  await stop();
  const [, data = ''] = await attachedVolumeIds(context, instance.id);
  const first = await newVolume();
  await attach(first, '/dev/sdg');
  assert.equal((await rowOf(first))?.attachment?.index, 2);
  await detach(data);
  const second = await newVolume();
  await attach(second, '/dev/sdf');
  assert.equal((await rowOf(second))?.attachment?.index, 1);
});

test('an instance has 28 at most', async () => {
  const letters = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => `/dev/xvdb${letter}`);
  for (const name of letters) await attach(await newVolume(), name);
  await assert.rejects(attach(await newVolume(), '/dev/sdz'), {
    code: 'AttachmentLimitExceeded',
  });
  assert.equal((await attachedVolumeIds(context, instance.id)).length, 28);
});

test('what is not free, or not of the zone, is not attached', async () => {
  const [root = '', data = ''] = await attachedVolumeIds(context, instance.id);
  for (const id of [root, data]) {
    await assert.rejects(attach(id), { code: 'VolumeInUse' });
  }
  const id = await newVolume();
  const change = (to: object) =>
    context.catalog.write(async ({ volumes }) => {
      const row = await volumes.get(id);
      if (row) await volumes.update({ ...row, ...to });
    });
  await change({ availabilityZone: 'us-east-1b' });
  await assert.rejects(attach(id), { code: 'InvalidVolume.ZoneMismatch' });
  await change({ availabilityZone: 'us-east-1a', state: 'deleting' });
  await assert.rejects(attach(id), { code: 'IncorrectState' });
  await change({ state: 'available' });
  for (const state of ['pending', 'stopping', 'shutting-down', 'terminated'] as const) {
    await moveInstance(context, instance.id, { state });
    await assert.rejects(attach(id), {
      code: 'IncorrectState',
      message: `Instance '${instance.id}' is not 'running'.`,
    });
  }
});

test('a machine of an older Imago takes no disk while it runs', async () => {
  const machine = { hypervisor: 'qemu', machineType: '', cpuModel: '', accelerator: '', uuid: '' };
  await moveInstance(context, instance.id, { machine });
  const id = await newVolume();
  await assert.rejects(attach(id), { code: 'UnsupportedOperation' });
  await stop();
  await attach(id);
});

test('a running guest is asked to let go of it, a stopped instance has it no more', async () => {
  const [, data = ''] = await attachedVolumeIds(context, instance.id);
  assert.equal((await detach(data)).State, 'detaching');
  assert.deepEqual(await shown(data), ['in-use', 'detaching']);
  await assert.rejects(detach(data), { code: 'IncorrectState' });
  assert.equal((await detach(data, { Force: true })).State, 'detaching');
  assert.equal((await rowOf(data))?.attachment?.force, true);
  await assert.rejects(detach(data, { Force: true }), { code: 'IncorrectState' });
  await stop();
  const other = await newVolume();
  await attach(other);
  const left = await detach(other);
  assert.deepEqual([left.State, left.InstanceId], ['detached', instance.id]);
  assert.deepEqual(await shown(other), ['available', undefined]);
  await assert.rejects(detach(other), {
    code: 'IncorrectState',
    message: `Volume '${other}' is in the 'available' state.`,
  });
});

test('of a request that says where it is, that is true', async () => {
  const [, data = ''] = await attachedVolumeIds(context, instance.id);
  const notFound = { code: 'InvalidAttachment.NotFound' };
  await assert.rejects(detach(data, { InstanceId: 'i-0fedcba9876543210' }), notFound);
  await assert.rejects(detach(data, { Device: '/dev/sdg' }), notFound);
  await detach(data, { InstanceId: instance.id, Device: '/dev/sdf' });
});

test('a root leaves a stopped instance only, which starts when it has one again', async () => {
  const [root = ''] = await attachedVolumeIds(context, instance.id);
  for (const Force of [false, true]) {
    await assert.rejects(detach(root, { Force }), { code: 'OperationNotPermitted' });
  }
  await stop();
  await detach(root);
  const start = () => startInstances.run({ InstanceIds: [instance.id] }, context);
  await assert.rejects(start(), {
    code: 'InvalidParameterValue',
    message: /does not have a volume attached at root \(\/dev\/xvda\)$/,
  });
  await assert.rejects(attach(root, '/dev/sda1'), { code: 'InvalidParameterValue' });
  await attach(root, '/dev/xvda');
  assert.equal((await rowOf(root))?.attachment?.index, 0);
  await start();
});

test('what is about to be captured stays where it is until then', async () => {
  const [, data = ''] = await attachedVolumeIds(context, instance.id);
  const state = 'pending';
  const about = { volumeId: data, state, root: undefined } as const;
  const { id } = await insertSnapshot(context, about);
  await assert.rejects(detach(data), { code: 'IncorrectState', message: /about to be captured/ });
  await context.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(id);
    if (row) await snapshots.update({ ...row, cutLayer: 1 });
  });
  await detach(data);
});

test('a product goes with its volume, to and from a stopped instance', async () => {
  const { id: code } = await newProduct(context);
  const { id: SnapshotId } = await insertSnapshot(context, { productCodes: [code] });
  const id = await newVolume({ SnapshotId, Size: 8 });
  const codes = async () =>
    (await context.catalog.read(({ instances }) => instances.get(instance.id)))?.productCodes;
  await assert.rejects(attach(id), { code: 'IncorrectInstanceState' });
  await stop();
  await attach(id);
  assert.deepEqual(await codes(), [code]);
  await moveInstance(context, instance.id, { state: 'running' });
  await assert.rejects(detach(id), { code: 'IncorrectInstanceState' });
  await stop();
  await detach(id);
  assert.equal(await codes(), undefined);
  const { id: foreign } = await newProduct(await context.asNewAccount());
  const ofForeign = await insertSnapshot(context, { productCodes: [foreign] });
  const other = await newVolume({ SnapshotId: ofForeign.id, Size: 8 });
  await assert.rejects(attach(other), { code: 'OptInRequired' });
});

test('it outlives its instance, unless that is asked for', async () => {
  const id = await newVolume();
  await attach(id);
  await settle(id);
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdh', Ebs: { DeleteOnTermination: true } }];
  await modifyInstanceAttribute.run({ InstanceId: instance.id, BlockDeviceMappings }, context);
  assert.equal((await rowOf(id))?.attachment?.deleteOnTermination, true);
});

test('what leaves an instance is not captured with it', async () => {
  const [root = '', data = ''] = await attachedVolumeIds(context, instance.id);
  await detach(data);
  const InstanceSpecification = { InstanceId: instance.id };
  const { Snapshots = [] } = await createSnapshots.run({ InstanceSpecification }, context);
  assert.deepEqual(
    Snapshots.map(({ VolumeId }) => VolumeId),
    [root],
  );
  const order = { InstanceId: instance.id, Name: 'without it', NoReboot: true };
  const { ImageId = '' } = await createImage.run(order, context);
  const [row] = await context.catalog.read(({ images }) => images.list({ where: { id: ImageId } }));
  assert.deepEqual(
    row?.blockDeviceMappings.map(({ deviceName }) => deviceName),
    ['/dev/xvda'],
  );
});
