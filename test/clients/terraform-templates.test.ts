/**
 * Terraform's aws_launch_template: the calls of the AWS provider (5 and 6) in its order and with
 * the members that it sends, by AWS's own client, from its creation to its end.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  DeleteLaunchTemplateCommand,
  DescribeInstancesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  type EC2Client,
  ModifyLaunchTemplateCommand,
  type RequestLaunchTemplateData,
  RunInstancesCommand,
  TerminateInstancesCommand,
  waitUntilInstanceRunning,
} from '@aws-sdk/client-ec2';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage } from '../support/launch.ts';
import { unlessGone, updateTags } from './terraform/provider.ts';

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

/** The provider reads the newest version, whatever the default is. */
async function read(LaunchTemplateId: string) {
  const LaunchTemplateIds = [LaunchTemplateId];
  const asked = ec2.send(new DescribeLaunchTemplatesCommand({ LaunchTemplateIds }));
  const [template] =
    (await unlessGone(asked, 'InvalidLaunchTemplateId.NotFound'))?.LaunchTemplates ?? [];
  if (!template) return undefined;
  const Versions = [String(template.LatestVersionNumber)];
  const { LaunchTemplateVersions } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions }),
  );
  return { template, version: LaunchTemplateVersions?.[0] };
}

async function create(
  LaunchTemplateName: string,
  LaunchTemplateData: RequestLaunchTemplateData,
): Promise<string> {
  const { LaunchTemplate, Warning } = await ec2.send(
    new CreateLaunchTemplateCommand({
      ClientToken: `terraform-${LaunchTemplateName}`,
      LaunchTemplateName,
      VersionDescription: 'by Terraform',
      LaunchTemplateData,
      TagSpecifications: [
        { ResourceType: 'launch-template', Tags: [{ Key: 'by', Value: 'terraform' }] },
      ],
    }),
  );
  assert.equal(Warning, undefined);
  return LaunchTemplate?.LaunchTemplateId ?? '';
}

async function destroy(LaunchTemplateId: string): Promise<void> {
  const deletion = () => ec2.send(new DeleteLaunchTemplateCommand({ LaunchTemplateId }));
  await deletion();
  assert.equal(await read(LaunchTemplateId), undefined);
  assert.equal(await unlessGone(deletion(), 'InvalidLaunchTemplateId.NotFound'), undefined);
}

/** All that the resource's schema has and an instance here may have. */
function everything(): RequestLaunchTemplateData {
  return {
    BlockDeviceMappings: [
      {
        DeviceName: '/dev/xvda',
        Ebs: {
          DeleteOnTermination: true,
          Encrypted: false,
          Iops: 3000,
          Throughput: 125,
          VolumeSize: 9,
          VolumeType: 'gp3',
        },
      },
    ],
    CapacityReservationSpecification: { CapacityReservationPreference: 'open' },
    CreditSpecification: { CpuCredits: 'standard' },
    DisableApiStop: false,
    DisableApiTermination: false,
    EbsOptimized: false,
    EnclaveOptions: { Enabled: false },
    HibernationOptions: { Configured: false },
    ImageId,
    InstanceInitiatedShutdownBehavior: 'terminate',
    InstanceType: 't3.micro',
    MaintenanceOptions: { AutoRecovery: 'default' },
    MetadataOptions: {
      HttpEndpoint: 'enabled',
      HttpPutResponseHopLimit: 1,
      HttpTokens: 'required',
      InstanceMetadataTags: 'enabled',
    },
    Monitoring: { Enabled: true },
    NetworkInterfaces: [
      {
        AssociatePublicIpAddress: true,
        DeleteOnTermination: true,
        Description: 'first',
        DeviceIndex: 0,
        NetworkCardIndex: 0,
      },
    ],
    Placement: { AvailabilityZone: 'us-east-1a', Tenancy: 'default' },
    PrivateDnsNameOptions: {
      EnableResourceNameDnsAAAARecord: false,
      EnableResourceNameDnsARecord: false,
      HostnameType: 'ip-name',
    },
    TagSpecifications: [
      { ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web' }] },
      { ResourceType: 'volume', Tags: [{ Key: 'Name', Value: 'disk' }] },
    ],
    UserData: Buffer.from('#!/bin/sh\n').toString('base64'),
  };
}

test('aws_launch_template: create, read, a new version, another default, tags, destroy', async () => {
  const data = everything();
  const id = await create('terraform-web', data);
  const created = await read(id);
  assert.deepEqual(created?.template.Tags, [{ Key: 'by', Value: 'terraform' }]);
  assert.equal(created?.version?.VersionDescription, 'by Terraform');
  assert.deepEqual(created?.version?.LaunchTemplateData, data);

  const LaunchTemplate = { LaunchTemplateId: id, Version: '$Default' };
  const launch = { LaunchTemplate, MinCount: 1, MaxCount: 1 };
  const { Instances } = await ec2.send(new RunInstancesCommand(launch));
  const InstanceIds = [Instances?.[0]?.InstanceId ?? ''];
  const waiting = { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 2 };
  await waitUntilInstanceRunning(waiting, { InstanceIds });
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
  const instance = Reservations?.[0]?.Instances?.[0];
  assert.equal(instance?.InstanceType, 't3.micro');
  assert.equal(instance?.MetadataOptions?.InstanceMetadataTags, 'enabled');
  assert.equal(instance?.NetworkInterfaces?.[0]?.Description, 'first');
  const tags = Object.fromEntries((instance?.Tags ?? []).map(({ Key, Value }) => [Key, Value]));
  assert.equal(tags['aws:ec2launchtemplate:id'], id);
  assert.equal(tags['aws:ec2launchtemplate:version'], '1');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds }));

  await ec2.send(
    new CreateLaunchTemplateVersionCommand({
      ClientToken: 'terraform-version-2',
      LaunchTemplateId: id,
      VersionDescription: 'smaller',
      LaunchTemplateData: { ...data, InstanceType: 't3.small' },
    }),
  );
  await ec2.send(new ModifyLaunchTemplateCommand({ LaunchTemplateId: id, DefaultVersion: '2' }));
  const next = { Key: 'for', Value: 'web' };
  await updateTags(ec2, id, { removed: [{ Key: 'by', Value: 'terraform' }], added: [next] });
  const updated = await read(id);
  assert.equal(updated?.template.DefaultVersionNumber, 2);
  assert.equal(updated?.template.LatestVersionNumber, 2);
  assert.deepEqual(updated?.template.Tags, [next]);
  assert.equal(updated?.version?.LaunchTemplateData?.InstanceType, 't3.small');
  assert.equal(updated?.version?.DefaultVersion, true);
  await destroy(id);
});

test('aws_launch_template of nothing but a type: user data that is not set is sent empty', async () => {
  const id = await create('terraform-bare', { UserData: '', InstanceType: 't3.nano' });
  const { UserData, ...rest } = (await read(id))?.version?.LaunchTemplateData ?? {};
  assert.equal(UserData || '', '');
  assert.deepEqual(rest, { InstanceType: 't3.nano' });
  await destroy(id);
});
