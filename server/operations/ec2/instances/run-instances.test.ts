import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { RunInstancesRequest } from '../../../../api/generated/ec2-types.ts';
import type { ImageRow } from '../../../catalog/rows/image.ts';
import { ensureDefaultNetworks } from '../../../domain/networks.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { insertImage, insertProviderImage, insertSnapshot } from '../../test-images.ts';
import { launched, moveInstance, runImage } from '../../test-instances.ts';
import { createKeyPair } from '../key-pairs/CreateKeyPair.ts';
import { createSecurityGroup } from '../security-groups/CreateSecurityGroup.ts';
import { describeVolumes } from '../volumes/DescribeVolumes.ts';

let context: TestContext;
let image: ImageRow;
beforeEach(async () => {
  context = await createTestContext();
  image = await insertProviderImage(context);
});
afterEach(() => context[Symbol.asyncDispose]());

const run = (more: Partial<RunInstancesRequest> = {}) => runImage(context, image, more);
const launch = async (more: Partial<RunInstancesRequest> = {}) => launched(await run(more));
const rows = () => context.catalog.read(({ instances }) => instances.list());

test('answers a reservation of pending instances with all that clients expect', async () => {
  const reservation = await run({
    MinCount: 2,
    MaxCount: 2,
    InstanceType: 't3.micro',
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web' }] }],
  });
  assert.match(reservation.ReservationId ?? '', /^r-/);
  assert.equal(reservation.OwnerId, context.caller.account);
  const [first, second] = reservation.Instances ?? [];
  assert.deepEqual([first?.AmiLaunchIndex, second?.AmiLaunchIndex], [0, 1]);
  assert.deepEqual(first?.State, { Code: 0, Name: 'pending' });
  assert.deepEqual(first?.Tags, [{ Key: 'Name', Value: 'web' }]);
  assert.equal(first?.InstanceType, 't3.micro');
  assert.match(first?.PublicIpAddress ?? '', /^127\.37\./);
  assert.match(first?.PrivateDnsName ?? '', /^ip-172-31-\d+-\d+\.ec2\.internal$/);
  assert.equal(first?.SecurityGroups?.[0]?.GroupName, 'default');
  assert.equal(first?.BlockDeviceMappings?.[0]?.DeviceName, '/dev/xvda');
  assert.equal(first?.NetworkInterfaces?.[0]?.MacAddress?.slice(0, 3), '02:');
  assert.notEqual(first?.PublicIpAddress, second?.PublicIpAddress);
});

test('without a type launches EC2’s default one', async () => {
  assert.equal((await launch()).InstanceType, 'm1.small');
});

test('launches as many as it may between MinCount and MaxCount', async () => {
  await run({ MinCount: 1, MaxCount: 3 });
  assert.equal((await rows()).length, 3);
});

test('a key, groups and zone that are named', async () => {
  await createKeyPair.run({ KeyName: 'me', KeyType: 'ed25519' }, context);
  const group = { GroupName: 'web', Description: 'web' };
  const { GroupId = '' } = await createSecurityGroup.run(group, context);
  const made = await launch({
    KeyName: 'me',
    SecurityGroupIds: [GroupId],
    Placement: { AvailabilityZone: 'us-east-1a', Tenancy: 'default' },
  });
  assert.deepEqual(made.SecurityGroups, [{ GroupId, GroupName: 'web' }]);
  const [row] = await rows();
  assert.match(row?.publicKey ?? '', /^ssh-ed25519 /);
  const byName = await launch({ SecurityGroups: ['web'] });
  assert.equal(byName.SecurityGroups?.[0]?.GroupId, GroupId);
});

test('a zone by name, by id or by its subnet; the first where none is named', async () => {
  context.site = { ...context.site, zones: 3 };
  const { account } = context.caller;
  await ensureDefaultNetworks(context.catalog, [account], context);
  const where = { account, region: 'us-east-1' };
  const subnets = await context.catalog.read((reader) => reader.subnets.list({ where }));
  const third = subnets.find(({ availabilityZone }) => availabilityZone === 'us-east-1c');
  assert.ok(third);
  const zone = async (more: Partial<RunInstancesRequest>) => {
    const made = await launch(more);
    const { account, region } = context.caller;
    const [volume] = await context.catalog.read(({ volumes }) =>
      volumes.list({ where: { account, region, instance: made.InstanceId } }),
    );
    assert.equal(volume?.availabilityZone, made.Placement?.AvailabilityZone);
    return made.Placement?.AvailabilityZoneId;
  };
  assert.equal(await zone({}), 'use1-az1');
  assert.equal(await zone({ Placement: { AvailabilityZone: 'us-east-1b' } }), 'use1-az2');
  assert.equal(await zone({ Placement: { AvailabilityZoneId: 'use1-az3' } }), 'use1-az3');
  assert.equal(await zone({ SubnetId: third.id }), 'use1-az3');
  const { PrivateIpAddress = '' } = await launch({ SubnetId: third.id });
  assert.match(PrivateIpAddress, /^172\.31\.(8\d|9[0-5])\./, 'an address of the subnet');
  const wrong = { SubnetId: third.id, Placement: { AvailabilityZone: 'us-east-1b' } };
  await assert.rejects(launch(wrong), { code: 'InvalidParameterValue' });
  const nowhere = { Placement: { AvailabilityZone: 'us-east-1d' } };
  await assert.rejects(launch(nowhere), { code: 'InvalidParameterValue' });
  const both = { AvailabilityZone: 'us-east-1a', AvailabilityZoneId: 'use1-az2' };
  await assert.rejects(launch({ Placement: both }), { code: 'InvalidParameterCombination' });
});

test('the network interface as Terraform and Packer send it', async () => {
  const subnet = (await context.catalog.read(({ subnets }) => subnets.list()))[0];
  const [group] = await context.catalog.read(({ securityGroups }) => securityGroups.list());
  const made = await launch({
    NetworkInterfaces: [
      {
        DeviceIndex: 0,
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
        SubnetId: subnet?.id,
        Groups: [group?.id ?? ''],
        PrivateIpAddress: '172.31.0.77',
      },
    ],
  });
  assert.equal(made.PrivateIpAddress, '172.31.0.77');
  assert.equal(made.SubnetId, subnet?.id);
  assert.equal(made.SecurityGroups?.[0]?.GroupId, group?.id);
});

test('block devices: larger root, further volumes, tags on them', async () => {
  const snapshot = await insertSnapshot(context, { volumeSizeGiB: 3 });
  const made = await launch({
    BlockDeviceMappings: [
      { DeviceName: '/dev/sdg', Ebs: { SnapshotId: snapshot.id, VolumeType: 'gp2' } },
      { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, DeleteOnTermination: false } },
      { DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1, Encrypted: false } },
    ],
    TagSpecifications: [{ ResourceType: 'volume', Tags: [{ Key: 'a', Value: 'b' }] }],
  });
  assert.deepEqual(
    made.BlockDeviceMappings?.map(({ DeviceName }) => DeviceName),
    ['/dev/xvda', '/dev/sdg', '/dev/sdf'],
    'the root is the first disk',
  );
  const { Volumes = [] } = await describeVolumes.run({}, context);
  const shown = Volumes.map(({ Size, VolumeType, SnapshotId, Attachments, Tags }) => [
    ...[Attachments?.[0]?.Device, Size, VolumeType, SnapshotId],
    ...[Attachments?.[0]?.DeleteOnTermination, Tags?.length],
  ]).sort();
  assert.deepEqual(shown, [
    ['/dev/sdf', 1, 'gp3', '', true, 1],
    ['/dev/sdg', 3, 'gp2', snapshot.id, true, 1],
    ['/dev/xvda', 20, 'gp3', image.blockDeviceMappings[0]?.ebs.snapshotId, false, 1],
  ]);
});

test('metadata options: the image’s, unless the request says otherwise', async () => {
  const options = async (more: Partial<RunInstancesRequest>) => {
    const { HttpTokens, HttpPutResponseHopLimit, HttpEndpoint } =
      (await launch(more)).MetadataOptions ?? {};
    return [HttpTokens, HttpPutResponseHopLimit, HttpEndpoint];
  };
  const strict = await insertImage(context, { imdsSupport: 'v2.0' });
  assert.deepEqual(await options({}), ['optional', 1, 'enabled']);
  assert.deepEqual(await options({ ImageId: strict.id }), ['required', 2, 'enabled']);
  const asked = { HttpTokens: 'optional', HttpPutResponseHopLimit: 9, HttpEndpoint: 'disabled' };
  assert.deepEqual(await options({ ImageId: strict.id, MetadataOptions: asked }), [
    ...['optional', 9, 'disabled'],
  ]);
});

test('user data up to 16 KiB, in base64 with line breaks or without', async () => {
  const text = Buffer.alloc(16 * 1024, 7).toString('base64');
  for (const UserData of [text, text.replace(/.{76}/g, '$&\n')]) await run({ UserData });
  const [first, second] = await rows();
  assert.deepEqual(
    Buffer.from(first?.userData ?? '', 'base64'),
    Buffer.from(second?.userData ?? '', 'base64'),
  );
});

test('a client token answers the same instances, with other parameters it is refused', async () => {
  const first = await launch({ ClientToken: 'once' });
  const again = await launch({ ClientToken: 'once' });
  assert.equal(again.InstanceId, first.InstanceId);
  assert.equal((await rows()).length, 1);
  await assert.rejects(launch({ ClientToken: 'once', InstanceType: 't3.nano' }), {
    code: 'IdempotentParameterMismatch',
  });
});

test('the token of a launch of which an instance has been terminated is refused', async () => {
  const more = { ClientToken: 'once', MinCount: 2, MaxCount: 2 };
  const [first, second] = (await run(more)).Instances ?? [];
  for (const each of [first, second]) {
    await moveInstance(context, each?.InstanceId ?? '', { state: 'running' });
  }
  assert.equal((await run(more)).Instances?.length, 2);
  const code = 'IdempotentInstanceTerminated';
  await moveInstance(context, second?.InstanceId ?? '', { state: 'shutting-down' });
  await assert.rejects(run(more), { code });
  await moveInstance(context, second?.InstanceId ?? '', { state: 'terminated' });
  await assert.rejects(run(more), { code });
  // As after the hour for which it is shown.
  await context.catalog.write(async ({ instances }) => {
    for (const { id } of await instances.list()) await instances.delete(id);
  });
  await assert.rejects(run(more), { code });
  await assert.rejects(run({ ...more, InstanceType: 't3.nano' }), {
    code: 'IdempotentParameterMismatch',
  });
});

test('bad input changes nothing and has EC2’s code', async () => {
  const other = context.as({ account: '999999999999' });
  const alien = await insertImage(other);
  const pending = await insertImage(context, { state: 'pending' });
  const mapping = (Ebs: object, DeviceName = '/dev/xvda') => ({
    BlockDeviceMappings: [{ DeviceName, Ebs }],
  });
  const wrong: [Partial<RunInstancesRequest>, string][] = [
    [{ ImageId: undefined }, 'MissingParameter'],
    [{ ImageId: 'image' }, 'InvalidAMIID.Malformed'],
    [{ ImageId: 'ami-00000000' }, 'InvalidAMIID.NotFound'],
    [{ ImageId: alien.id }, 'InvalidAMIID.NotFound'],
    [{ ImageId: pending.id }, 'InvalidAMIID.Unavailable'],
    [{ MinCount: 0, MaxCount: 0 }, 'InvalidParameterValue'],
    [{ MinCount: 2 }, 'InvalidParameterCombination'],
    [{ MinCount: 1001, MaxCount: 1001 }, 'InstanceLimitExceeded'],
    [{ InstanceType: 'z9.huge' }, 'InvalidParameterValue'],
    [{ KeyName: 'nobody' }, 'InvalidKeyPair.NotFound'],
    [{ SecurityGroupIds: ['sg-00000000'] }, 'InvalidGroup.NotFound'],
    [{ SecurityGroups: ['nobody'] }, 'InvalidGroup.NotFound'],
    [{ SubnetId: 'subnet-00000000' }, 'InvalidSubnetID.NotFound'],
    [{ Placement: { AvailabilityZone: 'us-east-1z' } }, 'InvalidParameterValue'],
    [{ PrivateIpAddress: '10.0.0.1' }, 'InvalidParameterValue'],
    [{ PrivateIpAddress: '172.31.0.9', MinCount: 2, MaxCount: 2 }, 'InvalidParameterCombination'],
    [{ UserData: '%%%' }, 'InvalidUserData.Malformed'],
    [{ UserData: Buffer.alloc(16_385).toString('base64') }, 'InvalidParameterValue'],
    [{ InstanceInitiatedShutdownBehavior: 'sleep' }, 'InvalidParameterValue'],
    [{ MetadataOptions: { HttpTokens: 'maybe' } }, 'InvalidParameterValue'],
    [{ MetadataOptions: { HttpPutResponseHopLimit: 65 } }, 'InvalidParameterValue'],
    [mapping({ VolumeSize: 7 }), 'InvalidBlockDeviceMapping'],
    [mapping({ VolumeSize: 0 }), 'InvalidParameterValue'],
    [mapping({ VolumeType: 'io2' }), 'MissingParameter'],
    [mapping({}, '/dev/sdf'), 'MissingParameter'],
    [mapping({ VolumeSize: 1 }, '../../etc'), 'InvalidBlockDeviceMapping'],
    [mapping({ SnapshotId: 'snap-00000000' }, '/dev/sdf'), 'InvalidSnapshot.NotFound'],
    [
      { BlockDeviceMappings: [{ DeviceName: '/dev/xvda', NoDevice: '' }] },
      'InvalidBlockDeviceMapping',
    ],
    [
      { SecurityGroups: ['default'], NetworkInterfaces: [{ DeviceIndex: 0 }] },
      'InvalidParameterCombination',
    ],
    [{ TagSpecifications: [{ ResourceType: 'spot', Tags: [] }] }, 'InvalidParameterValue'],
  ];
  for (const [input, code] of wrong) {
    await assert.rejects(run(input), { code }, `${code}: ${JSON.stringify(input).slice(0, 80)}`);
  }
  assert.deepEqual(await rows(), []);
});
