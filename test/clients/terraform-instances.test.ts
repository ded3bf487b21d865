/**
 * Terraform's aws_instance, of an image and of a launch template: the calls of the AWS provider (5
 * and 6) in its order and with the members that it sends, by AWS's own client, from the first apply
 * over every change in place to the end. What it reads back is compared with what was asked for.
 * (The configuration is that of docs/guides/terraform.md.)
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteLaunchTemplateCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeSubnetsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  ModifyInstanceCreditSpecificationCommand,
  ModifyInstanceMetadataOptionsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  MonitorInstancesCommand,
  UnmonitorInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { create, destroy, modify, modifyStopped, read } from './terraform/instance.ts';
import { findImage, findInstance, settled, updateTags } from './terraform/provider.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
let ImageId: string;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
  ImageId = (await providerImage(ec2, 'imago-micro-*')).ImageId ?? '';
});
after(async () => {
  await imago?.dispose();
});

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function group(GroupName: string): Promise<string> {
  const request = { GroupName, Description: GroupName };
  return (await ec2.send(new CreateSecurityGroupCommand(request))).GroupId ?? '';
}

interface Parts {
  root: string;
  groups: readonly string[];
  NetworkInterfaceId: string | undefined;
}

/** Every argument of an instance that is changed without another instance. */
async function change(id: string, { root, groups, NetworkInterfaceId }: Parts): Promise<void> {
  await updateTags(ec2, id, {
    removed: [{ Key: 'Name', Value: 'web' }],
    added: [{ Key: 'for', Value: 'tests' }],
  });
  // A guest that forwards for others is not to be had: nobody's route leads to it.
  const forwarding = modify(ec2, id, { SourceDestCheck: { Value: false } });
  await assert.rejects(forwarding, { name: 'UnsupportedOperation' });
  await ec2.send(
    new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups: [...groups] }),
  );
  await modifyStopped(ec2, id, { InstanceType: { Value: 't3.micro' } });
  await modifyStopped(ec2, id, { UserData: { Value: Buffer.from('#!/bin/sh\n') } });
  await modify(ec2, id, { DisableApiStop: { Value: true } });
  await modify(ec2, id, { DisableApiTermination: { Value: true } });
  await modify(ec2, id, { InstanceInitiatedShutdownBehavior: { Value: 'terminate' } });
  await ec2.send(new MonitorInstancesCommand({ InstanceIds: [id] }));
  await ec2.send(
    new ModifyInstanceCreditSpecificationCommand({
      InstanceCreditSpecifications: [{ InstanceId: id, CpuCredits: 'standard' }],
    }),
  );
  await ec2.send(
    new ModifyInstanceMetadataOptionsCommand({
      HttpEndpoint: 'enabled',
      HttpPutResponseHopLimit: 2,
      HttpTokens: 'optional',
      InstanceId: id,
      InstanceMetadataTags: 'enabled',
    }),
  );
  const options = async () => (await findInstance(ec2, id))?.MetadataOptions?.State;
  await settled(options, ['pending'], 'applied');
  const Ebs = { DeleteOnTermination: false };
  await modify(ec2, id, { BlockDeviceMappings: [{ DeviceName: root, Ebs }] });
}

test('the provider finds out whose keys it has', async () => {
  const identity = await imago.sts().send(new GetCallerIdentityCommand({}));
  assert.match(identity.Account ?? '', /^\d{12}$/);
  assert.match(identity.Arn ?? '', /^arn:aws:iam::\d{12}:/);
});

test('aws_instance: applied, changed in place in all that can be, destroyed', async () => {
  const PublicKeyMaterial = Buffer.from(
    'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUrbWEWJuUMEmtLmxzV6mwiUqMUG6Dl0E6pPSQAZ6c9 me',
  );
  await ec2.send(new ImportKeyPairCommand({ KeyName: 'me', PublicKeyMaterial }));
  const groups = [await group('web'), await group('other')] as const;
  const root = (await findImage(ec2, ImageId))?.RootDeviceName ?? '';
  const ofRoot = { DeleteOnTermination: true, VolumeSize: 4, VolumeType: 'gp3' } as const;
  const ofData = { DeleteOnTermination: true, VolumeSize: 1, VolumeType: 'gp2' } as const;
  const id = await create(ec2, {
    ImageId,
    InstanceType: 't3.small',
    KeyName: 'me',
    SecurityGroupIds: [groups[0]],
    BlockDeviceMappings: [
      { DeviceName: '/dev/sdf', Ebs: ofData },
      { DeviceName: root, Ebs: ofRoot },
    ],
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required' },
    UserData: base64('#cloud-config\n'),
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web' }] },
      { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'disk' }] },
    ],
  });
  const made = await read(ec2, id);
  assert.match(made.instance.PublicIpAddress ?? '', /^127\./);
  assert.equal(made.instance.Monitoring?.State, 'disabled');
  assert.equal(made.instance.SourceDestCheck, true);
  assert.equal(made.instance.NetworkInterfaces?.[0]?.Attachment?.DeviceIndex, 0);
  assert.deepEqual(made.instance.Tags, [{ Key: 'Name', Value: 'web' }]);
  assert.equal(made.instance.MetadataOptions?.State, 'applied');
  assert.deepEqual([made.protections, made.shutdown], [[false, false], 'stop']);
  assert.deepEqual([made.template, made.credits], [undefined, 'unlimited']);
  assert.equal(made.userData, base64('#cloud-config\n'));
  const { VolumeSize: Size, ...asked } = ofRoot;
  const figures = { Size, Iops: 3000, Throughput: 125, Encrypted: false, name: 'disk' };
  assert.deepEqual(made.volumes[root], { ...asked, ...figures });
  assert.equal(made.volumes['/dev/sdf']?.VolumeType, 'gp2');

  const [{ NetworkInterfaceId } = {}] = made.instance.NetworkInterfaces ?? [];
  await change(id, { root, groups, NetworkInterfaceId });
  const changed = await read(ec2, id);
  assert.deepEqual(changed.instance.Tags, [{ Key: 'for', Value: 'tests' }]);
  const ids = changed.instance.SecurityGroups?.map(({ GroupId }) => GroupId);
  assert.deepEqual(ids?.sort(), groups.toSorted());
  assert.equal(changed.instance.InstanceType, 't3.micro');
  assert.equal(changed.userData, base64('#!/bin/sh\n'));
  assert.deepEqual([changed.protections, changed.shutdown], [[true, true], 'terminate']);
  assert.equal(changed.instance.Monitoring?.State, 'enabled');
  assert.equal(changed.credits, 'standard');
  assert.equal(changed.instance.MetadataOptions?.HttpPutResponseHopLimit, 2);
  assert.equal(changed.instance.MetadataOptions?.InstanceMetadataTags, 'enabled');
  assert.equal(changed.volumes[root]?.DeleteOnTermination, false);
  await ec2.send(new UnmonitorInstancesCommand({ InstanceIds: [id] }));
  await destroy(ec2, id);
});

test('aws_instance in a subnet has its groups at the interface, and root_block_device its tags', async () => {
  const { Subnets } = await ec2.send(new DescribeSubnetsCommand({}));
  const Groups = [await group('subnet')];
  const SubnetId = Subnets?.[0]?.SubnetId;
  const id = await create(ec2, {
    ImageId,
    InstanceType: 't3.nano',
    NetworkInterfaces: [{ AssociatePublicIpAddress: true, DeviceIndex: 0, SubnetId, Groups }],
  });
  const { instance } = await read(ec2, id);
  assert.equal(instance.SubnetId, SubnetId);
  assert.equal(instance.NetworkInterfaces?.[0]?.Groups?.[0]?.GroupId, Groups[0]);
  assert.ok(instance.NetworkInterfaces?.[0]?.Association);
  const volume = instance.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';
  const Tags = [{ Key: 'Name', Value: 'root' }];
  await ec2.send(new CreateTagsCommand({ Resources: [volume], Tags }));
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds: [volume] }));
  assert.deepEqual(Volumes?.[0]?.Tags, Tags);
  await destroy(ec2, id);
});

test('aws_instance of a launch template, whose data it looks at before', async () => {
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      ClientToken: `terraform-${randomUUID()}`,
      LaunchTemplateName: 'web',
      LaunchTemplateData: { UserData: '', ImageId, InstanceType: 't3.small' },
    }),
  );
  const { LaunchTemplateId = '' } = LaunchTemplate ?? {};
  const isDefault = { Name: 'is-default-version', Values: ['true'] };
  const asked = { $Latest: {}, $Default: { Filters: [isDefault] }, 1: { Versions: ['1'] } };
  for (const [Version, which] of Object.entries(asked)) {
    const { LaunchTemplateVersions } = await ec2.send(
      new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, ...which }),
    );
    assert.equal(LaunchTemplateVersions?.at(-1)?.LaunchTemplateData?.ImageId, ImageId);
    const ofTemplate = { LaunchTemplate: { LaunchTemplateId, Version } };
    const id = await create(ec2, { ...ofTemplate, InstanceType: 't3.medium' });
    const { instance, template } = await read(ec2, id);
    assert.equal(instance.InstanceType, 't3.medium');
    assert.equal(instance.ImageId, ImageId);
    assert.deepEqual(template, { name: 'web', version: '1' });
    await destroy(ec2, id);
  }
  await ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
});
