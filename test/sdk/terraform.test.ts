/**
 * The configuration of docs/guides/terraform.md is applied, read again, changed and destroyed: in
 * the calls that the provider makes, by the official client. (Its launch templates are in
 * launch-templates.test.ts.)
 */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import {
  AuthorizeSecurityGroupEgressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateTagsCommand,
  DeleteKeyPairCommand,
  DeleteSecurityGroupCommand,
  DescribeImagesCommand,
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  type Instance,
  type InstanceAttributeName,
  ModifyInstanceAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
let ec2: EC2Client;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home: await homeWith('micro') });
  ec2 = imago.ec2();
});
after(async () => {
  await imago?.dispose();
});

const waiting = () => ({ client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 });
const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBUrbWEWJuUMEmtLmxzV6mwiUqMUG6Dl0E6pPSQAZ6c9 me';
const UserData = Buffer.from('#cloud-config\n').toString('base64');
const everywhere = [{ CidrIp: '0.0.0.0/0' }];

async function newestImage() {
  const { Images = [] } = await ec2.send(
    new DescribeImagesCommand({
      IncludeDeprecated: false,
      Owners: ['amazon'],
      Filters: [{ Name: 'name', Values: ['imago-micro-*'] }],
    }),
  );
  const [newest] = Images.sort((one, other) =>
    (other.CreationDate ?? '').localeCompare(one.CreationDate ?? ''),
  );
  return newest?.ImageId ?? '';
}

async function importKey(KeyName: string): Promise<void> {
  const PublicKeyMaterial = Buffer.from(publicKey);
  await ec2.send(new ImportKeyPairCommand({ KeyName, PublicKeyMaterial }));
  const { KeyPairs } = await ec2.send(
    new DescribeKeyPairsCommand({ KeyNames: [KeyName], IncludePublicKey: true }),
  );
  assert.match(KeyPairs?.[0]?.PublicKey ?? '', /^ssh-ed25519 /);
}

async function makeGroup(GroupName: string): Promise<string> {
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName, Description: 'SSH from everywhere' }),
  );
  const all = { IpProtocol: '-1', IpRanges: everywhere };
  await ec2.send(new RevokeSecurityGroupEgressCommand({ GroupId, IpPermissions: [all] }));
  const ssh = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, IpRanges: everywhere };
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions: [ssh] }));
  await ec2.send(new AuthorizeSecurityGroupEgressCommand({ GroupId, IpPermissions: [all] }));
  const read = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [GroupId] }));
  const [group] = read.SecurityGroups ?? [];
  assert.equal(group?.IpPermissions?.[0]?.FromPort, 22);
  assert.equal(group?.IpPermissionsEgress?.length, 1);
  return GroupId;
}

async function launch(more: Partial<RunInstancesCommandInput>): Promise<string> {
  const request = { ClientToken: `terraform-${randomUUID()}`, ...more };
  const { Instances } = await ec2.send(
    new RunInstancesCommand({ MinCount: 1, MaxCount: 1, ...request }),
  );
  const InstanceId = Instances?.[0]?.InstanceId ?? '';
  await waitUntilInstanceRunning(waiting(), { InstanceIds: [InstanceId] });
  return InstanceId;
}

/** All that the provider reads of an instance when it refreshes. */
async function refresh(InstanceId: string) {
  const InstanceIds = [InstanceId];
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  const instance: Instance = Reservations?.[0]?.Instances?.[0] ?? assert.fail();
  const { InstanceType, ImageId = '' } = instance;
  const types = await ec2.send(
    new DescribeInstanceTypesCommand({ InstanceTypes: InstanceType && [InstanceType] }),
  );
  assert.equal(types.InstanceTypes?.length, 1);
  const image = await ec2.send(new DescribeImagesCommand({ ImageIds: [ImageId] }));
  const root = image.Images?.[0]?.RootDeviceName;
  const mappings = instance.BlockDeviceMappings ?? [];
  assert.equal(mappings[0]?.DeviceName, root);
  const VolumeIds = mappings.flatMap(({ Ebs }) => Ebs?.VolumeId ?? []);
  const { Volumes } = await ec2.send(new DescribeVolumesCommand({ VolumeIds }));
  assert.equal(Volumes?.length, mappings.length);
  const attribute = async (Attribute: InstanceAttributeName) =>
    ec2.send(new DescribeInstanceAttributeCommand({ InstanceId, Attribute }));
  const stop = await attribute('disableApiStop');
  const termination = await attribute('disableApiTermination');
  const behavior = await attribute('instanceInitiatedShutdownBehavior');
  const { UserData: userData } = await attribute('userData');
  const credits = await ec2.send(new DescribeInstanceCreditSpecificationsCommand({ InstanceIds }));
  assert.equal(credits.InstanceCreditSpecifications?.length, 1);
  const tag = async (key: string) => {
    const Filters = [
      { Name: 'resource-id', Values: [InstanceId] },
      { Name: 'key', Values: [key] },
    ];
    return (await ec2.send(new DescribeTagsCommand({ Filters }))).Tags?.[0]?.Value;
  };
  return {
    instance,
    protections: [stop.DisableApiStop?.Value, termination.DisableApiTermination?.Value],
    behavior: behavior.InstanceInitiatedShutdownBehavior?.Value,
    userData: userData?.Value,
    template: await tag('aws:ec2launchtemplate:id'),
    version: await tag('aws:ec2launchtemplate:version'),
  };
}

async function destroy(InstanceId: string): Promise<void> {
  const off = { Value: false };
  const change = { InstanceId, DisableApiTermination: off };
  await ec2.send(new ModifyInstanceAttributeCommand(change));
  await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, DisableApiStop: off }));
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [InstanceId] }));
  await waitUntilInstanceTerminated(waiting(), { InstanceIds: [InstanceId] });
}

test('image, key, group, instances with and without a template: applied, refreshed, destroyed', async () => {
  const ImageId = await newestImage();
  await importKey('me');
  const group = await makeGroup('web');
  const common = { KeyName: 'me', SecurityGroupIds: [group] };

  const plain = await launch({
    ...common,
    ImageId,
    InstanceType: 't3.small',
    UserData,
    MetadataOptions: { HttpTokens: 'required', HttpEndpoint: 'enabled' },
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web' }] }],
  });
  const read = await refresh(plain);
  assert.match(read.instance.PublicIpAddress ?? '', /^127\./);
  assert.deepEqual(read.protections, [false, false]);
  assert.equal(read.behavior, 'stop');
  assert.equal(read.userData, UserData);
  assert.equal(read.template, undefined);
  await ec2.send(
    new CreateTagsCommand({ Resources: [plain], Tags: [{ Key: 'Name', Value: 'other' }] }),
  );
  assert.deepEqual((await refresh(plain)).instance.Tags, [{ Key: 'Name', Value: 'other' }]);

  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'web',
      LaunchTemplateData: {
        ...common,
        ImageId,
        InstanceType: 't3.small',
        BlockDeviceMappings: [
          { DeviceName: '/dev/xvda', Ebs: { VolumeSize: 20, VolumeType: 'gp3' } },
        ],
      },
    }),
  );
  const LaunchTemplateId = LaunchTemplate?.LaunchTemplateId ?? '';
  const templated = await launch({
    LaunchTemplate: { LaunchTemplateId, Version: '$Latest' },
    InstanceType: 't3.medium',
  });
  const found = await refresh(templated);
  assert.equal(found.instance.InstanceType, 't3.medium');
  assert.equal(found.instance.KeyName, 'me');
  assert.deepEqual([found.template, found.version], [LaunchTemplateId, '1']);
  const LaunchTemplateIds = [LaunchTemplateId];
  await ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds }));
  const Versions = ['$Default'];
  const versions = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions }),
  );
  assert.equal(versions.LaunchTemplateVersions?.[0]?.VersionNumber, 1);

  for (const id of [plain, templated]) await destroy(id);
  const Filters = [{ Name: 'group-id', Values: [group] }];
  const { NetworkInterfaces } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }));
  assert.deepEqual(NetworkInterfaces, []);
  await ec2.send(new DeleteSecurityGroupCommand({ GroupId: group }));
  await ec2.send(new DeleteKeyPairCommand({ KeyName: 'me' }));
  const { KeyPairs } = await ec2.send(new DescribeKeyPairsCommand({}));
  assert.deepEqual(KeyPairs, []);
});
