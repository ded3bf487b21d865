/**
 * Terraform's aws_ami, aws_ami_copy, aws_ami_from_instance and aws_ami_launch_permission, and the
 * data source aws_ami: the calls of the AWS provider (5 and 6) in its order and with the members
 * that it sends, by AWS's own client. The provider sends an empty text for what is not set.
 * After an apply it reads all back, and what is other than the configuration would be planned
 * again: so what is read is compared with what was asked for.
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  type BlockDeviceMapping,
  CopyImageCommand,
  CreateImageCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  DisableImageDeprecationCommand,
  type EC2Client,
  EnableImageDeprecationCommand,
  GetInstanceUefiDataCommand,
  type Image,
  type LaunchPermission,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
  RunInstancesCommand,
  waitUntilInstanceRunning,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { findImage, settled, unlessGone, updateTags } from './terraform/provider.ts';

const region = 'us-east-1';
const elsewhere = 'eu-west-1';
const imageGone = ['InvalidAMIID.NotFound', 'InvalidAMIID.Unavailable'];

let imago: ImagoProcess;
let ec2: EC2Client;
let provided: Image;
let SnapshotId: string;
before(async () => {
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, regions: [region, elsewhere] });
  ec2 = imago.ec2();
  provided = await providerImage(ec2, 'imago-micro-*');
  SnapshotId = provided.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId ?? '';
});
after(async () => {
  await imago?.dispose();
});

/** `ebs_block_device` as it is sent and read back. */
function ebsBlockDevice(DeviceName: string, ebs: BlockDeviceMapping['Ebs']): BlockDeviceMapping {
  return { DeviceName, Ebs: { DeleteOnTermination: true, VolumeType: 'standard', ...ebs } };
}

/** An aws_ami whose snapshot is managed elsewhere. */
async function registerImage(Name: string, more: BlockDeviceMapping[] = []): Promise<string> {
  const { ImageId = '' } = await ec2.send(
    new RegisterImageCommand({
      Architecture: 'x86_64',
      Description: '',
      EnaSupport: true,
      ImageLocation: '',
      Name,
      RootDeviceName: '/dev/xvda',
      SriovNetSupport: 'simple',
      VirtualizationType: 'hvm',
      BlockDeviceMappings: [ebsBlockDevice('/dev/xvda', { SnapshotId }), ...more],
    }),
  );
  return ImageId;
}

async function available(client: EC2Client, id: string): Promise<void> {
  await settled(async () => (await findImage(client, id))?.State, ['pending'], 'available');
}

/** The read of all three resources, which asks for UEFI data by the id of the image, in vain. */
async function read(client: EC2Client, id: string): Promise<Image> {
  const image = await findImage(client, id);
  const uefiData = client.send(new GetInstanceUefiDataCommand({ InstanceId: id }));
  await assert.rejects(uefiData, { name: 'InvalidInstanceID.Malformed' });
  return image ?? assert.fail(`${id} is not found`);
}

async function destroy(client: EC2Client, id: string, snapshots: string[] = []): Promise<void> {
  const deregister = () => client.send(new DeregisterImageCommand({ ImageId: id }));
  await deregister();
  for (const each of snapshots) await client.send(new DeleteSnapshotCommand({ SnapshotId: each }));
  const state = async () => (await findImage(client, id))?.State;
  await settled(state, ['available', 'failed', 'pending'], undefined);
  // Whoever destroys what somebody else has destroyed is done.
  assert.equal(await unlessGone(deregister(), ...imageGone), undefined);
}

const snapshotsOf = ({ BlockDeviceMappings = [] }: Image) =>
  BlockDeviceMappings.flatMap(({ Ebs }) => Ebs?.SnapshotId ?? []);
/** What begins with aws: is none of the provider's. */
const ownTags = ({ Tags = [] }: Image) => Tags.filter(({ Key }) => !Key?.startsWith('aws:'));
const minutes = (text = '') => Math.round(Date.parse(text) / 60_000);

async function deprecate(ImageId: string): Promise<void> {
  const DeprecateAt = new Date(Date.now() + 90 * 86_400_000);
  await ec2.send(new EnableImageDeprecationCommand({ ImageId, DeprecateAt }));
  const { DeprecationTime } = await read(ec2, ImageId);
  assert.equal(minutes(DeprecationTime), minutes(DeprecateAt.toISOString()));
}

test('aws_ami: from a snapshot, deprecated, described, tagged, destroyed; the snapshot stays', async () => {
  const empty = ebsBlockDevice('/dev/sdf', { Encrypted: false, VolumeSize: 2 });
  const id = await registerImage('terraform-ami', [empty]);
  await updateTags(ec2, id, { removed: [], added: [{ Key: 'by', Value: 'terraform' }] });
  await available(ec2, id);
  await deprecate(id);
  const image = await read(ec2, id);
  const VolumeSize = provided.BlockDeviceMappings?.[0]?.Ebs?.VolumeSize;
  assert.deepEqual(image.BlockDeviceMappings, [
    ebsBlockDevice('/dev/xvda', { SnapshotId, VolumeSize, Encrypted: false }),
    empty,
  ]);
  assert.equal(image.Architecture, 'x86_64');
  assert.equal(image.EnaSupport, true);
  assert.equal(image.SriovNetSupport, 'simple');
  assert.equal(image.RootDeviceName, '/dev/xvda');
  assert.equal(image.VirtualizationType, 'hvm');
  assert.equal(image.Description || '', '');
  for (const optional of ['BootMode', 'ImdsSupport', 'TpmSupport', 'KernelId'] as const) {
    assert.equal(image[optional], undefined);
  }
  assert.deepEqual(image.Tags, [{ Key: 'by', Value: 'terraform' }]);

  for (const Value of ['new words', '']) {
    await ec2.send(new ModifyImageAttributeCommand({ ImageId: id, Description: { Value } }));
    assert.equal((await read(ec2, id)).Description || '', Value);
  }
  await ec2.send(new DisableImageDeprecationCommand({ ImageId: id }));
  assert.equal((await read(ec2, id)).DeprecationTime, undefined);
  await updateTags(ec2, id, {
    removed: [{ Key: 'by', Value: 'terraform' }],
    added: [{ Key: 'for', Value: 'web' }],
  });
  assert.deepEqual((await read(ec2, id)).Tags, [{ Key: 'for', Value: 'web' }]);
  await destroy(ec2, id);
  const kept = await ec2.send(new DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] }));
  assert.equal(kept.Snapshots?.[0]?.State, 'completed');
});

test('aws_ami of another volume type is read as it was asked for, so that nothing is planned', async () => {
  for (const VolumeType of ['gp2', 'gp3'] as const) {
    const asked = ebsBlockDevice('/dev/sdf', { Encrypted: false, VolumeSize: 1, VolumeType });
    const id = await registerImage(`terraform-${VolumeType}`, [asked]);
    await available(ec2, id);
    const shown = (await read(ec2, id)).BlockDeviceMappings?.[1]?.Ebs;
    assert.equal(shown?.VolumeType, VolumeType);
    assert.equal(shown?.Iops, undefined);
    await destroy(ec2, id);
  }
});

test('aws_ami_copy: within the region and into another one, with the snapshots that it made', async () => {
  const source = await registerImage('terraform-source');
  for (const client of [ec2, imago.ec2(elsewhere)]) {
    const { ImageId: id = '' } = await client.send(
      new CopyImageCommand({
        ClientToken: `terraform-${randomUUID()}`,
        Description: '',
        Encrypted: false,
        Name: 'terraform-copy',
        SourceImageId: source,
        SourceRegion: region,
        TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a', Value: 'copy' }] }],
      }),
    );
    await available(client, id);
    const image = await read(client, id);
    assert.equal(image.Name, 'terraform-copy');
    assert.equal(image.EnaSupport, true);
    assert.deepEqual(ownTags(image), [{ Key: 'a', Value: 'copy' }]);
    const SnapshotIds = snapshotsOf(image);
    assert.equal(SnapshotIds.length, 1);
    assert.ok(!SnapshotIds.includes(SnapshotId));
    await destroy(client, id, SnapshotIds);
    const gone = client.send(new DescribeSnapshotsCommand({ SnapshotIds }));
    assert.equal(await unlessGone(gone, 'InvalidSnapshot.NotFound'), undefined);
  }
  await destroy(ec2, source);
});

test('aws_ami_from_instance: with and without a reboot, deprecated, destroyed with its snapshots', async () => {
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ ImageId: provided.ImageId, MinCount: 1, MaxCount: 1 }),
  );
  const InstanceId = Instances?.[0]?.InstanceId ?? '';
  const waiting = { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 };
  await waitUntilInstanceRunning(waiting, { InstanceIds: [InstanceId] });
  for (const NoReboot of [false, true]) {
    const { ImageId: id = '' } = await ec2.send(
      new CreateImageCommand({
        Description: '',
        InstanceId,
        Name: `terraform-${NoReboot}`,
        NoReboot,
        TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'a', Value: 'capture' }] }],
      }),
    );
    await available(ec2, id);
    await deprecate(id);
    const image = await read(ec2, id);
    assert.deepEqual(ownTags(image), [{ Key: 'a', Value: 'capture' }]);
    assert.equal(image.RootDeviceName, provided.RootDeviceName);
    await destroy(ec2, id, snapshotsOf(image));
  }
});

test('aws_ami_launch_permission: of an account, a group, an organization and a unit of it', async () => {
  const ImageId = await registerImage('terraform-shared');
  const organizations = 'arn:aws:organizations::111122223333';
  const permissions: LaunchPermission[] = [
    { UserId: '444455556666' },
    { Group: 'all' },
    { OrganizationArn: `${organizations}:organization/o-abcdefghij` },
    { OrganizationalUnitArn: `${organizations}:ou/o-abcdefghij/ou-1a2b-00000001` },
  ];
  const Attribute = 'launchPermission';
  const change = (LaunchPermission: { Add?: LaunchPermission[]; Remove?: LaunchPermission[] }) =>
    ec2.send(new ModifyImageAttributeCommand({ Attribute, ImageId, LaunchPermission }));
  const readBack = () =>
    unlessGone(
      ec2.send(new DescribeImageAttributeCommand({ Attribute, ImageId })),
      ...imageGone,
    ).then((answer) => answer?.LaunchPermissions);
  for (const permission of permissions) {
    await change({ Add: [permission] });
    assert.deepEqual(await readBack(), [permission]);
    assert.equal((await read(ec2, ImageId)).Public, permission.Group === 'all');
    await change({ Remove: [permission] });
    assert.deepEqual((await readBack()) ?? [], []);
  }
  await destroy(ec2, ImageId);
  assert.equal(await readBack(), undefined);
  assert.equal(await unlessGone(change({ Remove: permissions }), ...imageGone), undefined);
});

test('the data source aws_ami: the newest by owner, name, kind of root and of machine', async () => {
  const filters: Record<string, string> = {
    name: 'imago-micro-*',
    'root-device-type': 'ebs',
    'virtualization-type': 'hvm',
    architecture: 'x86_64',
    state: 'available',
  };
  const Filters = Object.entries(filters).map(([Name, value]) => ({ Name, Values: [value] }));
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({ IncludeDeprecated: false, Owners: ['amazon'], Filters }),
  );
  const newest = Images.toSorted((one, other) =>
    (other.CreationDate ?? '').localeCompare(one.CreationDate ?? ''),
  )[0];
  assert.equal(newest?.ImageId, provided.ImageId);
  assert.ok(Date.parse(newest?.CreationDate ?? '') > 0);
  assert.equal(newest?.ImageOwnerAlias, 'amazon');
  assert.equal(newest?.RootDeviceType, 'ebs');
  assert.equal((await read(ec2, newest?.ImageId ?? '')).ImageType, 'machine');
  const mine = await ec2.send(
    new DescribeImagesCommand({
      ExecutableUsers: ['self'],
      IncludeDeprecated: true,
      Owners: ['self'],
    }),
  );
  assert.deepEqual(mine.Images, []);
});
