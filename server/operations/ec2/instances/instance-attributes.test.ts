import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type {
  InstanceAttribute,
  ModifyInstanceAttributeRequest,
} from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { insertRunningInstance, moveInstance } from '../../test-instances.ts';
import { createImage } from '../images/CreateImage.ts';
import { createSecurityGroup } from '../security-groups/CreateSecurityGroup.ts';
import { describeInstanceAttribute } from './DescribeInstanceAttribute.ts';
import { describeInstances } from './DescribeInstances.ts';
import { modifyInstanceAttribute } from './ModifyInstanceAttribute.ts';
import { resetInstanceAttribute } from './ResetInstanceAttribute.ts';
import { stopInstances } from './StopInstances.ts';
import { terminateInstances } from './TerminateInstances.ts';

let context: TestContext;
let id: string;
beforeEach(async () => {
  context = await createTestContext();
  const image = await insertProviderImage(context, { enaSupport: true });
  ({ id } = await insertRunningInstance(context, image, { InstanceType: 't3.micro' }));
});
afterEach(() => context[Symbol.asyncDispose]());

type Change = Partial<ModifyInstanceAttributeRequest>;
const modify = (change: Change) =>
  modifyInstanceAttribute.run({ InstanceId: id, ...change }, context);
const stopped = () => moveInstance(context, id, { state: 'stopped' });

async function attribute(Attribute: string): Promise<InstanceAttribute> {
  const { InstanceId, ...attribute } = await describeInstanceAttribute.run(
    { InstanceId: id, Attribute },
    context,
  );
  assert.equal(InstanceId, id);
  return attribute;
}

async function row(): Promise<InstanceRow> {
  const found = await context.catalog.read(({ instances }) => instances.get(id));
  assert.ok(found);
  return found;
}

test('each attribute is told as EC2 tells it', async () => {
  const expected: [string, InstanceAttribute][] = [
    ['disableApiStop', { DisableApiStop: { Value: false } }],
    ['disableApiTermination', { DisableApiTermination: { Value: false } }],
    ['ebsOptimized', { EbsOptimized: { Value: false } }],
    ['enclaveOptions', { EnclaveOptions: { Enabled: false } }],
    ['instanceInitiatedShutdownBehavior', { InstanceInitiatedShutdownBehavior: { Value: 'stop' } }],
    ['instanceType', { InstanceType: { Value: 't3.micro' } }],
    ['kernel', { KernelId: {} }],
    ['productCodes', { ProductCodes: [] }],
    ['ramdisk', { RamdiskId: {} }],
    ['rootDeviceName', { RootDeviceName: { Value: '/dev/xvda' } }],
    ['sourceDestCheck', { SourceDestCheck: { Value: true } }],
    ['sriovNetSupport', { SriovNetSupport: { Value: undefined } }],
    ['userData', { UserData: { Value: undefined } }],
  ];
  for (const [name, value] of expected) assert.deepEqual(await attribute(name), value, name);
  const { BlockDeviceMappings } = await attribute('blockDeviceMapping');
  assert.deepEqual(
    BlockDeviceMappings?.map((each) => each.DeviceName),
    ['/dev/xvda', '/dev/sdf'],
  );
  assert.equal((await attribute('groupSet')).Groups?.[0]?.GroupName, 'default');
  for (const name of ['enaSupport', 'colour']) {
    await assert.rejects(attribute(name), { code: 'InvalidParameterValue' });
  }
});

test('the type of a stopped instance; what belonged to the old one is forgotten', async () => {
  const change = { InstanceType: { Value: 'm5.large' } };
  await assert.rejects(modify(change), { code: 'IncorrectInstanceState' });
  await stopped();
  await moveInstance(context, id, { cpuCredits: 'standard' });
  await assert.rejects(modify({ InstanceType: { Value: 'z9.huge' } }), {
    code: 'InvalidInstanceAttributeValue',
  });
  await modify({ Attribute: 'instanceType', Value: 't3.small' });
  assert.equal((await row()).cpuCredits, 'standard');
  await modify(change);
  assert.deepEqual(await attribute('instanceType'), { InstanceType: { Value: 'm5.large' } });
  assert.equal((await row()).cpuCredits, undefined);
});

test('user data of a stopped instance, in either way, and none again', async () => {
  const bytes = Buffer.from([0x1f, 0x8b, 0, 0xff]);
  const change = { UserData: { Value: bytes } };
  await assert.rejects(modify(change), { code: 'IncorrectInstanceState' });
  await stopped();
  await modify(change);
  const Value = bytes.toString('base64');
  assert.deepEqual(await attribute('userData'), { UserData: { Value } });
  await modify({ Attribute: 'userData', Value: 'bGF0ZXI=' });
  assert.equal((await row()).userData, 'bGF0ZXI=');
  await assert.rejects(modify({ Attribute: 'userData', Value: 'plain text!' }), {
    code: 'InvalidUserData.Malformed',
  });
  assert.equal((await row()).userData, 'bGF0ZXI=');
  await assert.rejects(modify({ UserData: { Value: Buffer.alloc(16_385) } }), {
    code: 'InvalidParameterValue',
  });
  await modify({ UserData: { Value: Buffer.alloc(0) } });
  assert.equal((await row()).userData, undefined);
});

test('security groups of a running instance', async () => {
  const group = { GroupName: 'web', Description: 'web' };
  const { GroupId = '' } = await createSecurityGroup.run(group, context);
  await modify({ Groups: [GroupId] });
  assert.deepEqual(await attribute('groupSet'), { Groups: [{ GroupId, GroupName: 'web' }] });
  await assert.rejects(modify({ Groups: ['sg-00000000'] }), { code: 'InvalidGroup.NotFound' });
  await assert.rejects(modify({ Groups: [] }), { code: 'InvalidParameterValue' });
});

test('protection is turned on and off, and holds meanwhile', async () => {
  const InstanceIds = [id];
  await modify({ DisableApiTermination: { Value: true } });
  await modify({ Attribute: 'disableApiStop', Value: 'true' });
  assert.deepEqual(await attribute('disableApiStop'), { DisableApiStop: { Value: true } });
  const code = 'OperationNotPermitted';
  await assert.rejects(terminateInstances.run({ InstanceIds }, context), { code });
  await assert.rejects(stopInstances.run({ InstanceIds }, context), { code });
  await modify({ Attribute: 'disableApiTermination', Value: 'false' });
  await modify({ DisableApiStop: { Value: false } });
  await stopInstances.run({ InstanceIds }, context);
  await terminateInstances.run({ InstanceIds }, context);
});

test('what the guest does when it shuts itself down', async () => {
  await modify({ InstanceInitiatedShutdownBehavior: { Value: 'terminate' } });
  assert.equal((await row()).shutdownBehavior, 'terminate');
  await assert.rejects(modify({ InstanceInitiatedShutdownBehavior: { Value: 'sleep' } }), {
    code: 'InvalidParameterValue',
  });
});

test('whether a volume goes with the instance', async () => {
  const mapping = (DeviceName: string, DeleteOnTermination?: boolean) => ({
    BlockDeviceMappings: [{ DeviceName, Ebs: { DeleteOnTermination } }],
  });
  const flags = async () =>
    (await attribute('blockDeviceMapping')).BlockDeviceMappings?.map(
      ({ Ebs }) => Ebs?.DeleteOnTermination,
    );
  await modify(mapping('/dev/sdf', false));
  assert.deepEqual(await flags(), [true, false]);
  await modify(mapping('/dev/sdf'));
  assert.deepEqual(await flags(), [true, true]);
  await assert.rejects(modify(mapping('/dev/sdz', false)), {
    code: 'InvalidInstanceAttributeValue',
  });
});

test('drivers: as the image says, then as the owner says; captures take them along', async () => {
  const shown = async () => {
    const { Reservations } = await describeInstances.run({ InstanceIds: [id] }, context);
    const { EnaSupport, SriovNetSupport } = Reservations?.[0]?.Instances?.[0] ?? {};
    return [EnaSupport, SriovNetSupport];
  };
  assert.deepEqual(await shown(), [true, undefined]);
  await assert.rejects(modify({ EnaSupport: { Value: false } }), {
    code: 'IncorrectInstanceState',
  });
  await stopped();
  await modify({ EnaSupport: { Value: false } });
  await modify({ SriovNetSupport: { Value: 'simple' } });
  assert.deepEqual(await shown(), [false, 'simple']);
  const { ImageId = '' } = await createImage.run({ InstanceId: id, Name: 'captured' }, context);
  const made = await context.catalog.read(({ images }) => images.get(ImageId));
  assert.deepEqual([made?.enaSupport, made?.sriovNetSupport], [undefined, 'simple']);
});

test('one attribute at a time, and not of what is about to be gone', async () => {
  const code = 'InvalidParameterCombination';
  const on = { Value: true };
  await assert.rejects(modify({}), { code });
  await assert.rejects(modify({ DisableApiStop: on, DisableApiTermination: on }), { code });
  await assert.rejects(modify({ Attribute: 'userData', DisableApiStop: on }), { code });
  await assert.rejects(modify({ Attribute: 'groupSet', Value: 'sg-1' }), { code });
  await assert.rejects(modify({ Attribute: 'colour', Value: 'red' }), {
    code: 'InvalidParameterValue',
  });
  await modify({ SourceDestCheck: on });
  await modify({ EbsOptimized: { Value: false } });
  const reset = (Attribute: string) =>
    resetInstanceAttribute.run({ InstanceId: id, Attribute }, context);
  await reset('sourceDestCheck');
  await assert.rejects(reset('userData'), { code: 'InvalidParameterValue' });
  await moveInstance(context, id, { state: 'terminated' });
  await assert.rejects(modify({ DisableApiStop: on }), { code: 'IncorrectInstanceState' });
  await assert.rejects(reset('kernel'), { code: 'IncorrectInstanceState' });
  const { run } = modifyInstanceAttribute;
  await assert.rejects(run({ InstanceId: 'i-00000000', DisableApiStop: on }, context), {
    code: 'InvalidInstanceID.NotFound',
  });
});
