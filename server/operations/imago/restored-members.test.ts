/**
 * Whatever a launch can be asked for, a restore has again: the list of members that RunInstances
 * accepts is walked, so that none that comes later is forgotten, be it restored of an image or of
 * snapshots.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { RunInstancesRequest } from '../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { volumesOf } from '../../domain/volumes.ts';
import { createImage } from '../ec2/images/CreateImage.ts';
import { importKeyPair } from '../ec2/key-pairs/ImportKeyPair.ts';
import { createSecurityGroup } from '../ec2/security-groups/CreateSecurityGroup.ts';
import { createSnapshots } from '../ec2/snapshots/CreateSnapshots.ts';
import { createKey } from '../kms/CreateKey.ts';
import { acceptedLaunchMembers } from '../requests/launch.ts';
import { endCaptures } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { insertRunningInstance, moveInstance } from '../test-instances.ts';
import { restoreInstance } from './RestoreInstance.ts';

type Member = (typeof acceptedLaunchMembers)[number];

interface Machine {
  row: InstanceRow;
  volumes: VolumeRow[];
}

type Told = (machine: Machine) => unknown;

const of =
  (name: keyof InstanceRow): Told =>
  ({ row }) =>
    row[name];
const option =
  (name: keyof InstanceRow['metadataOptions']): Told =>
  ({ row }) =>
    row.metadataOptions[name];
const ofVolumes =
  (tell: (volume: VolumeRow) => unknown): Told =>
  ({ volumes }) =>
    volumes.map(tell);
const groups: Told = ({ row }) => row.securityGroupIds;

/** What an instance shows of each; a text: why it is nothing of the machine. */
const shown: Record<Member, Told | string> = {
  ImageId: 'the backup is in its place, and snapshots name the image that it was',
  MinCount: 'one is restored',
  MaxCount: 'one is restored',
  InstanceType: of('instanceType'),
  KeyName: ({ row }) => [row.keyName, row.publicKey],
  SecurityGroupIds: groups,
  SecurityGroups: groups,
  SubnetId: 'there is one in a context of tests',
  'Placement.AvailabilityZone': 'the subnet says it',
  'Placement.AvailabilityZoneId': 'the subnet says it',
  PrivateIpAddress: of('privateIp'),
  UserData: of('userData'),
  'BlockDeviceMappings.DeviceName': ofVolumes(({ attachment }) => attachment?.deviceName),
  'BlockDeviceMappings.NoDevice': 'what a machine has not is not in its backup',
  'BlockDeviceMappings.VirtualName': 'refused in all launches',
  'BlockDeviceMappings.Ebs.DeleteOnTermination': ofVolumes(
    ({ attachment }) => attachment?.deleteOnTermination,
  ),
  'BlockDeviceMappings.Ebs.Encrypted': ofVolumes(({ encryption }) => encryption !== undefined),
  'BlockDeviceMappings.Ebs.Iops': ofVolumes(({ iops }) => iops),
  'BlockDeviceMappings.Ebs.SnapshotId': 'a volume is of the backup then',
  'BlockDeviceMappings.Ebs.Throughput': ofVolumes(({ throughputMiBps }) => throughputMiBps),
  'BlockDeviceMappings.Ebs.VolumeSize': ofVolumes(({ sizeGiB }) => sizeGiB),
  'BlockDeviceMappings.Ebs.VolumeType': ofVolumes(({ volumeType }) => volumeType),
  'BlockDeviceMappings.Ebs.KmsKeyId': ofVolumes(({ encryption }) => encryption?.keyId),
  'CapacityReservationSpecification.CapacityReservationPreference': of(
    'capacityReservationPreference',
  ),
  'CpuOptions.CoreCount': of('cpuOptions'),
  'CpuOptions.ThreadsPerCore': of('cpuOptions'),
  'CreditSpecification.CpuCredits': of('cpuCredits'),
  'MaintenanceOptions.AutoRecovery': of('autoRecovery'),
  'MetadataOptions.HttpTokens': option('httpTokens'),
  'MetadataOptions.HttpPutResponseHopLimit': option('httpPutResponseHopLimit'),
  'MetadataOptions.HttpEndpoint': option('httpEndpoint'),
  'MetadataOptions.InstanceMetadataTags': option('instanceMetadataTags'),
  InstanceInitiatedShutdownBehavior: of('shutdownBehavior'),
  'Monitoring.Enabled': of('monitoring'),
  'NetworkInterfaces.AssociatePublicIpAddress': ({ row }) => row.publicIp === undefined,
  'NetworkInterfaces.Description': of('networkInterfaceDescription'),
  'NetworkInterfaces.Groups': groups,
  'NetworkInterfaces.SubnetId': 'as SubnetId',
  'NetworkInterfaces.PrivateIpAddress': of('privateIp'),
  'NetworkInterfaces.PrivateIpAddresses': of('privateIp'),
  TagSpecifications: ({ row, volumes }) => [
    row.tags,
    row.networkInterfaceTags,
    volumes.map(({ tags }) => tags),
  ],
  DisableApiTermination: of('disableApiTermination'),
  DisableApiStop: of('disableApiStop'),
};

const publicKey = `ssh-ed25519 ${Buffer.from(
  `\0\0\0\x0bssh-ed25519\0\0\0\x20${'k'.repeat(32)}`,
  'latin1',
).toString('base64')}`;

let context: TestContext;
let usual: Machine;
let source: Machine;
before(async () => {
  context = await createTestContext();
  usual = await machineOf((await insertRunningInstance(context, await image())).id);
  source = await machineOf((await insertRunningInstance(context, await image(), await all())).id);
});
after(() => context[Symbol.asyncDispose]());

const image = () => insertProviderImage(context);

async function machineOf(id: string): Promise<Machine> {
  return context.catalog.read(async (reader) => {
    const row = await reader.instances.get(id);
    assert.ok(row);
    return { row, volumes: await volumesOf(reader, { id }) };
  });
}

/** Each member otherwise than by default. */
async function all(): Promise<Partial<RunInstancesRequest>> {
  const group = { GroupName: 'web', Description: 'of web servers' };
  const { GroupId = '' } = await createSecurityGroup.run(group, context);
  const PublicKeyMaterial = Buffer.from(publicKey);
  await importKeyPair.run({ KeyName: 'mine', PublicKeyMaterial }, context);
  const { KeyMetadata } = await createKey.run({}, context);
  const tags = (ResourceType: string) => ({
    ResourceType: ResourceType as 'instance',
    Tags: [{ Key: 'of', Value: ResourceType }],
  });
  return {
    InstanceType: 't3.small',
    KeyName: 'mine',
    UserData: Buffer.from('a secret').toString('base64'),
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: { VolumeSize: 9, VolumeType: 'gp2', DeleteOnTermination: false },
      },
      {
        DeviceName: '/dev/sdp',
        Ebs: {
          ...{ VolumeSize: 10, VolumeType: 'gp3', Iops: 4000, Throughput: 250 },
          ...{ DeleteOnTermination: false, Encrypted: true, KmsKeyId: KeyMetadata?.KeyId },
        },
      },
    ],
    CapacityReservationSpecification: { CapacityReservationPreference: 'none' },
    CpuOptions: { CoreCount: 1, ThreadsPerCore: 1 },
    CreditSpecification: { CpuCredits: 'standard' },
    MaintenanceOptions: { AutoRecovery: 'disabled' },
    MetadataOptions: {
      ...{ HttpTokens: 'required', HttpPutResponseHopLimit: 3 },
      ...{ HttpEndpoint: 'disabled', InstanceMetadataTags: 'enabled' },
    },
    InstanceInitiatedShutdownBehavior: 'terminate',
    Monitoring: { Enabled: true },
    NetworkInterfaces: [
      {
        ...{ DeviceIndex: 0, AssociatePublicIpAddress: false, Description: 'the cable' },
        ...{ Groups: [GroupId], PrivateIpAddress: '172.31.7.77' },
      },
    ],
    TagSpecifications: ['instance', 'volume', 'network-interface'].map(tags),
    DisableApiTermination: true,
    DisableApiStop: true,
  };
}

const told = Object.entries(shown).filter((entry): entry is [string, Told] => {
  return typeof entry[1] !== 'string';
});

test('no member that a launch accepts is left out here', () => {
  assert.deepEqual(Object.keys(shown).sort(), acceptedLaunchMembers.toSorted());
});

test('the machine of this test has each member otherwise than a usual one', () => {
  for (const [member, tell] of told) assert.notDeepEqual(tell(source), tell(usual), member);
});

for (const kind of ['an image', 'snapshots']) {
  test(`a machine that is restored of ${kind} has all that its launch was asked for`, async () => {
    const { id } = source.row;
    await moveInstance(context, id, { state: 'running' });
    const BackupId = kind === 'an image' ? await captured(id) : await taken(id);
    await endCaptures(context);
    // Its address is free then.
    await moveInstance(context, id, { state: 'terminated' });
    const { InstanceId = '', Differences } = await restoreInstance.run({ BackupId }, context);
    assert.deepEqual(Differences, []);
    const made = await machineOf(InstanceId);
    for (const [member, tell] of told) assert.deepEqual(tell(made), tell(source), member);
    await moveInstance(context, InstanceId, { state: 'terminated' });
  });
}

const captured = async (InstanceId: string) =>
  (await createImage.run({ InstanceId, Name: 'backup' }, context)).ImageId ?? '';

async function taken(InstanceId: string): Promise<string> {
  const from = { InstanceSpecification: { InstanceId } };
  const { Snapshots = [] } = await createSnapshots.run(from, context);
  return Snapshots[0]?.SnapshotId ?? '';
}
