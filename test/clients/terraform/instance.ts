/** An aws_instance of Terraform's AWS provider: how it makes one, reads it, changes and ends it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import {
  DescribeInstanceAttributeCommand,
  DescribeInstanceCreditSpecificationsCommand,
  DescribeInstanceTypesCommand,
  DescribeLaunchTemplatesCommand,
  DescribeLaunchTemplateVersionsCommand,
  DescribeTagsCommand,
  DescribeVolumesCommand,
  DescribeVpcsCommand,
  type EC2Client,
  type InstanceAttributeName,
  ModifyInstanceAttributeCommand,
  type ModifyInstanceAttributeCommandInput,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { findInstance, settled, unlessGone } from './provider.ts';

const state = (ec2: EC2Client, id: string) => async () =>
  (await findInstance(ec2, id))?.State?.Name;

/** What is in every launch, whatever the configuration says. */
export async function create(
  ec2: EC2Client,
  more: Partial<RunInstancesCommandInput>,
): Promise<string> {
  const { Instances } = await ec2.send(
    new RunInstancesCommand({
      ClientToken: `terraform-${randomUUID()}`,
      CreditSpecification: { CpuCredits: 'unlimited' },
      DisableApiTermination: false,
      EbsOptimized: false,
      HibernationOptions: { Configured: false },
      MaxCount: 1,
      MinCount: 1,
      Monitoring: { Enabled: false },
      Placement: { AvailabilityZone: '' },
      ...more,
    }),
  );
  const id = Instances?.[0]?.InstanceId ?? '';
  await settled(state(ec2, id), ['pending'], 'running');
  return id;
}

async function tagOf(ec2: EC2Client, id: string, key: string): Promise<string | undefined> {
  const Filters = [
    { Name: 'resource-id', Values: [id] },
    { Name: 'key', Values: [key] },
  ];
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters }));
  assert.ok(Tags.length <= 1);
  return Tags[0]?.Value;
}

/** `launch_template` is known by the tags that EC2 gives an instance. */
async function readTemplate(ec2: EC2Client, id: string) {
  const LaunchTemplateId = await tagOf(ec2, id, 'aws:ec2launchtemplate:id');
  if (LaunchTemplateId === undefined) return undefined;
  const LaunchTemplateIds = [LaunchTemplateId];
  const { LaunchTemplates } = await ec2.send(
    new DescribeLaunchTemplatesCommand({ LaunchTemplateIds }),
  );
  const version = (await tagOf(ec2, id, 'aws:ec2launchtemplate:version')) ?? '';
  const { LaunchTemplateVersions } = await ec2.send(
    new DescribeLaunchTemplateVersionsCommand({ LaunchTemplateId, Versions: [version] }),
  );
  assert.equal(LaunchTemplateVersions?.[0]?.VersionNumber, Number(version));
  return { name: LaunchTemplates?.[0]?.LaunchTemplateName, version };
}

/** By their devices, each with the name that `volume_tags` gave it. */
async function readVolumes(ec2: EC2Client, id: string) {
  const instance = await findInstance(ec2, id);
  const mappings = instance?.BlockDeviceMappings ?? [];
  const VolumeIds = mappings.flatMap(({ Ebs }) => Ebs?.VolumeId ?? []);
  const { Volumes = [] } = await ec2.send(new DescribeVolumesCommand({ VolumeIds }));
  const ofInstance = { Name: 'attachment.instance-id', Values: [id] };
  const attached = await ec2.send(new DescribeVolumesCommand({ Filters: [ofInstance] }));
  assert.deepEqual(attached.Volumes?.map(({ VolumeId }) => VolumeId).sort(), VolumeIds.toSorted());
  const ofVolumes = { Name: 'resource-id', Values: VolumeIds };
  const { Tags = [] } = await ec2.send(new DescribeTagsCommand({ Filters: [ofVolumes] }));
  return Object.fromEntries(
    mappings.map(({ DeviceName = '', Ebs: { VolumeId, DeleteOnTermination } = {} }) => {
      const volume = Volumes.find((each) => each.VolumeId === VolumeId);
      const { Size, VolumeType, Encrypted, Iops, Throughput } = volume ?? assert.fail();
      const name = Tags.find(({ ResourceId }) => ResourceId === VolumeId)?.Value;
      const figures = { Size, VolumeType, Encrypted, Iops, Throughput };
      return [DeviceName, { ...figures, DeleteOnTermination, name }];
    }),
  );
}

/** All that the provider reads of an instance. */
export async function read(ec2: EC2Client, id: string) {
  const instance = (await findInstance(ec2, id)) ?? assert.fail(`${id} is not found`);
  const { InstanceType: type = assert.fail(), VpcId = '' } = instance;
  const types = await ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: [type] }));
  assert.equal(types.InstanceTypes?.length, 1);
  const { Vpcs } = await ec2.send(new DescribeVpcsCommand({ VpcIds: [VpcId] }));
  assert.equal(Vpcs?.[0]?.IsDefault, true);
  const attribute = (Attribute: InstanceAttributeName) =>
    ec2.send(new DescribeInstanceAttributeCommand({ InstanceId: id, Attribute }));
  const behavior = await attribute('instanceInitiatedShutdownBehavior');
  const stop = await attribute('disableApiStop');
  const termination = await attribute('disableApiTermination');
  const data = await attribute('userData');
  const InstanceIds = [id];
  const credits = await ec2.send(new DescribeInstanceCreditSpecificationsCommand({ InstanceIds }));
  return {
    instance,
    template: await readTemplate(ec2, id),
    volumes: await readVolumes(ec2, id),
    shutdown: behavior.InstanceInitiatedShutdownBehavior?.Value,
    protections: [stop.DisableApiStop?.Value, termination.DisableApiTermination?.Value],
    userData: data.UserData?.Value,
    credits: credits.InstanceCreditSpecifications?.[0]?.CpuCredits,
  };
}

type Change = Omit<ModifyInstanceAttributeCommandInput, 'InstanceId'>;

/** One attribute a call. */
export async function modify(ec2: EC2Client, InstanceId: string, change: Change): Promise<void> {
  await ec2.send(new ModifyInstanceAttributeCommand({ InstanceId, ...change }));
}

/** Type and user data are changed at rest. */
export async function modifyStopped(ec2: EC2Client, id: string, change: Change): Promise<void> {
  const InstanceIds = [id];
  await ec2.send(new StopInstancesCommand({ Force: false, InstanceIds }));
  await settled(state(ec2, id), ['pending', 'running', 'shutting-down', 'stopping'], 'stopped');
  await modify(ec2, id, change);
  await ec2.send(new StartInstancesCommand({ InstanceIds }));
  await settled(state(ec2, id), ['pending', 'stopped'], 'running');
}

export async function destroy(ec2: EC2Client, id: string): Promise<void> {
  await modify(ec2, id, { DisableApiTermination: { Value: false } });
  await modify(ec2, id, { DisableApiStop: { Value: false } });
  const terminate = () => ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await terminate();
  const live = ['pending', 'running', 'shutting-down', 'stopping', 'stopped'];
  await settled(state(ec2, id), live, undefined);
  await unlessGone(terminate(), 'InvalidInstanceID.NotFound');
}
