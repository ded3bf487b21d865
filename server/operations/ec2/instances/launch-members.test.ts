import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ec2Model } from '../../../../api/generated/ec2.ts';
import type { RunInstancesRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { AcceptedInput } from '../../../http/accepted-input.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertProviderImage } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { describeVolumes } from '../volumes/DescribeVolumes.ts';
import { describeInstanceCreditSpecifications } from './DescribeInstanceCreditSpecifications.ts';
import { describeInstances } from './DescribeInstances.ts';
import { runInstances } from './RunInstances.ts';
import { stopInstances } from './StopInstances.ts';
import { terminateInstances } from './TerminateInstances.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const { fixed: fixedMembers = {} } = runInstances;
const accepted = new AcceptedInput(ec2Model, 'RunInstances', runInstances);
/** As the dispatcher does it. */
async function launch(more: Partial<RunInstancesRequest> = {}) {
  accepted.check(more);
  return launched(await runImage(context, image, more));
}

async function described(id: string) {
  const { Reservations } = await describeInstances.run({ InstanceIds: [id] }, context);
  const [shown] = Reservations?.[0]?.Instances ?? [];
  assert.ok(shown);
  return shown;
}

/** `{ A: { B: value } }` of `A.B`; lists where the model has them. */
function request(path: string, value: unknown): Partial<RunInstancesRequest> {
  const lists = ['BlockDeviceMappings', 'NetworkInterfaces'];
  return path.split('.').reduceRight<unknown>((inner, name) => {
    return { [name]: lists.includes(name) ? [inner] : inner };
  }, value) as Partial<RunInstancesRequest>;
}

test('each value that asks only for what is done anyway is taken, any other refused by name', async () => {
  for (const [path, fixed] of Object.entries(fixedMembers)) {
    accepted.check(request(path, fixed));
    const other = { boolean: !fixed, number: 1 + Number(fixed), string: 'other' }[
      typeof fixed as 'boolean'
    ];
    assert.throws(
      () => accepted.check(request(path, other)),
      ({ code, message }) => code === 'UnsupportedOperation' && message.includes(path),
    );
  }
  const paths = Object.keys(fixedMembers).filter((path) => !path.startsWith('Block'));
  const all: Record<string, unknown> = {};
  for (const path of paths) merge(all, request(path, fixedMembers[path]));
  assert.equal((await launch(all)).State?.Name, 'pending');
});

function merge(into: Record<string, unknown>, from: object): void {
  for (const [name, value] of Object.entries(from)) {
    if (typeof value !== 'object') into[name] = value;
    else {
      into[name] ??= Array.isArray(value) ? [{}] : {};
      merge(into[name] as Record<string, unknown>, value);
    }
  }
}

test('a launch as Packer’s amazon plugin asks for it', async () => {
  const Tags = [{ Key: 'Name', Value: 'Packer Builder' }];
  const made = await launch({
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: { VolumeSize: 10, VolumeType: 'gp3', Iops: 3000, Throughput: 125, Encrypted: false },
      },
    ],
    CreditSpecification: { CpuCredits: 'standard' },
    EbsOptimized: false,
    EnclaveOptions: { Enabled: false },
    InstanceType: 't3.micro',
    NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: true, Groups: [] }],
    Placement: { AvailabilityZone: '', Tenancy: 'default' },
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
      { ResourceType: 'network-interface', Tags },
    ],
  });
  assert.equal(made.EnclaveOptions?.Enabled, false);
  const [row] = await context.catalog.read(({ instances }) => instances.list());
  assert.deepEqual(row?.networkInterfaceTags, { Name: 'Packer Builder' });
  const { Volumes = [] } = await describeVolumes.run({}, context);
  assert.deepEqual([Volumes[0]?.Iops, Volumes[0]?.Throughput], [3000, 125]);
});

test('processors: the type’s, or as many cores and threads as the request says', async () => {
  const InstanceType = 'm5.xlarge';
  const options = async (CpuOptions?: RunInstancesRequest['CpuOptions']) => {
    const more = CpuOptions ? { CpuOptions } : {};
    const { CpuOptions: made } = await launch({ InstanceType, ...more });
    return [made?.CoreCount, made?.ThreadsPerCore];
  };
  assert.deepEqual(await options(), [4, 1]);
  assert.deepEqual(await options({ CoreCount: 2, ThreadsPerCore: 2 }), [2, 2]);
  assert.deepEqual(await options({ CoreCount: 1 }), [1, 1]);
  assert.deepEqual(await options({ ThreadsPerCore: 2 }), [2, 2]);
  const wrong = [
    { CoreCount: 5, ThreadsPerCore: 1 },
    { CoreCount: 3, ThreadsPerCore: 2 },
    { CoreCount: 0 },
    { ThreadsPerCore: 3 },
  ];
  for (const each of wrong) {
    await assert.rejects(options(each), { code: 'InvalidParameterValue' }, JSON.stringify(each));
  }
  const ThreadsPerCore = 2;
  await assert.rejects(launch({ InstanceType: 'm1.small', CpuOptions: { ThreadsPerCore } }), {
    code: 'InvalidParameterValue',
  });
});

test('credits: the type’s unless the request says otherwise', async () => {
  const credits = async (...InstanceIds: string[]) => {
    const answer = await describeInstanceCreditSpecifications.run({ InstanceIds }, context);
    return answer.InstanceCreditSpecifications?.map(({ CpuCredits }) => CpuCredits);
  };
  const CreditSpecification = { CpuCredits: 'standard' };
  const ids = [];
  for (const more of [
    { InstanceType: 't2.nano' },
    { InstanceType: 't3.nano' },
    { InstanceType: 't3.nano', CreditSpecification },
    { InstanceType: 'm5.large' },
  ]) {
    ids.push((await launch(more)).InstanceId);
  }
  assert.deepEqual(await credits(...ids), ['standard', 'unlimited', 'standard', 'standard']);
  assert.deepEqual(await credits(), ['unlimited'], 'of all, only these are told');
  await assert.rejects(launch({ InstanceType: 'm5.large', CreditSpecification }), {
    code: 'InvalidParameterCombination',
  });
  await assert.rejects(launch({ CreditSpecification: { CpuCredits: 'endless' } }), {
    code: 'InvalidParameterValue',
  });
});

test('detailed monitoring is shown', async () => {
  const { InstanceId } = await launch({ Monitoring: { Enabled: true } });
  assert.equal((await described(InstanceId)).Monitoring?.State, 'enabled');
  assert.equal((await launch()).Monitoring?.State, 'disabled');
});

test('what is protected is neither stopped nor terminated, nor is any other with it', async () => {
  const { InstanceId: free } = await launch();
  const { InstanceId: lasting } = await launch({ DisableApiTermination: true });
  const { InstanceId: running } = await launch({ DisableApiStop: true });
  for (const id of [free, lasting, running]) await moveInstance(context, id, { state: 'running' });
  const code = 'OperationNotPermitted';
  const ends = (...InstanceIds: string[]) => terminateInstances.run({ InstanceIds }, context);
  const stops = (...InstanceIds: string[]) => stopInstances.run({ InstanceIds }, context);
  await assert.rejects(ends(free, lasting), { code, message: /disableApiTermination/ });
  await assert.rejects(ends(running), { code, message: /disableApiStop/ });
  await assert.rejects(stops(free, running), { code, message: /may not be stopped/ });
  assert.equal((await described(free)).State?.Name, 'running');
  await stops(lasting, free);
  assert.equal((await described(lasting)).State?.Name, 'stopping');
});

test('the interface: its description and its address, said in either way', async () => {
  const address = (PrivateIpAddress: string, Primary = true) => ({ PrivateIpAddress, Primary });
  const made = await launch({
    NetworkInterfaces: [
      { DeviceIndex: 0, Description: 'front', PrivateIpAddresses: [address('172.31.0.80')] },
    ],
  });
  assert.equal(made.NetworkInterfaces?.[0]?.Description, 'front');
  assert.equal(made.PrivateIpAddress, '172.31.0.80');
  for (const addresses of [
    [address('172.31.0.81', false)],
    [address('172.31.0.81'), address('172.31.0.82', false)],
  ]) {
    const NetworkInterfaces = [{ DeviceIndex: 0, PrivateIpAddresses: addresses }];
    await assert.rejects(launch({ NetworkInterfaces }), { code: 'UnsupportedOperation' });
  }
  const NetworkInterfaces = [{ DeviceIndex: 0 }, { DeviceIndex: 0 }];
  await assert.rejects(launch({ NetworkInterfaces }), { code: 'UnsupportedOperation' });
});

test('without a public address there is none to be reached by', async () => {
  const made = await launch({
    NetworkInterfaces: [{ DeviceIndex: 0, AssociatePublicIpAddress: false }],
  });
  assert.equal(made.PublicIpAddress, undefined);
  assert.equal(made.NetworkInterfaces?.[0]?.Association, undefined);
  assert.ok(made.PrivateIpAddress);
  const { PublicIpAddress } = await launch();
  assert.match(PublicIpAddress ?? '', /^127\./);
});

test('what Imago never does is shown as it was asked for', async () => {
  const made = await launch({
    CapacityReservationSpecification: { CapacityReservationPreference: 'none' },
    MaintenanceOptions: { AutoRecovery: 'disabled' },
  });
  assert.deepEqual(made.CapacityReservationSpecification, {
    CapacityReservationPreference: 'none',
  });
  assert.deepEqual(made.MaintenanceOptions, { AutoRecovery: 'disabled' });
  await assert.rejects(launch({ MaintenanceOptions: { AutoRecovery: 'always' } }), {
    code: 'InvalidParameterValue',
  });
});
