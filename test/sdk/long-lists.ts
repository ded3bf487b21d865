/** More of everything that an account can have than there is on a page. */
import {
  AuthorizeSecurityGroupIngressCommand,
  CopySnapshotCommand,
  CreateFleetCommand,
  CreateImageUsageReportCommand,
  CreateLaunchTemplateCommand,
  CreateLaunchTemplateVersionCommand,
  CreateReplaceRootVolumeTaskCommand,
  CreateSecurityGroupCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  DescribeFastSnapshotRestoresCommand,
  DescribeImageUsageReportsCommand,
  DescribeReplaceRootVolumeTasksCommand,
  DisableFastSnapshotRestoresCommand,
  type EC2Client,
  EnableFastSnapshotRestoresCommand,
  ModifyImageAttributeCommand,
  RegisterImageCommand,
  RunInstancesCommand,
  waitUntilInstanceRunning,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { CreateDocumentCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { Client } from '../../cli/client.ts';
import { testDocument } from '../../server/operations/test-documents.ts';
import type { ImagoProcess } from '../support/imago.ts';
import { keepDeleted } from '../support/retention-rule.ts';
import { until } from '../support/until.ts';
import { importSmallDisk, makeLongTransfers } from './long-transfers.ts';

const count = 7;
const LaunchTemplateName = 'pages';

export interface LongLists {
  imageId: string;
  fleetIds: string[];
  templateName: string;
  parameterName: string;
}

const each = <T>(make: (number: number) => Promise<T>) =>
  Promise.all(Array.from({ length: count }, (_, number) => make(number)));

export async function makeLongLists(
  imago: ImagoProcess,
  { ssm, folder }: { ssm: SSMClient; folder: string },
): Promise<LongLists> {
  const ec2 = imago.ec2();
  const soon = { client: ec2, minDelay: 1, maxDelay: 1, maxWaitTime: 200 };
  const SourceSnapshotId = await importSmallDisk(ec2, folder);
  await waitUntilSnapshotCompleted(soon, { SnapshotIds: [SourceSnapshotId] });
  const snapshots = async () => {
    const order = new CopySnapshotCommand({ SourceRegion: 'us-east-1', SourceSnapshotId });
    const SnapshotIds = (await each(() => ec2.send(order))).map((made) => made.SnapshotId ?? '');
    await waitUntilSnapshotCompleted(soon, { SnapshotIds });
    return SnapshotIds;
  };
  const kept = await snapshots();
  await makeFastRestores(ec2, kept);
  const imageIds = await makeImages(ec2, 'kept', kept);
  const [imageId = ''] = imageIds;
  await makeTemplates(ec2, imageId);
  await makeDocuments(ssm);
  await makeGroups(ec2);
  const fleets = await each(() => ec2.send(new CreateFleetCommand(fleet)));
  const InstanceIds = fleets.flatMap(({ Instances }) => Instances?.[0]?.InstanceIds ?? []);
  await waitUntilInstanceRunning(soon, { InstanceIds });
  await each((number) =>
    ec2.send(new CreateReplaceRootVolumeTaskCommand({ InstanceId: InstanceIds[number] })),
  );
  await keepDeleted(imago, imago.credentials, 'EC2_IMAGE');
  await keepDeleted(imago, imago.credentials, 'EBS_SNAPSHOT');
  const gone = await snapshots();
  for (const ImageId of await makeImages(ec2, 'gone', gone)) {
    await ec2.send(new DeregisterImageCommand({ ImageId }));
  }
  for (const SnapshotId of gone) await ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
  await launchByAnother(imago, imageId);
  const report = { ImageId: imageId, ResourceTypes: [{ ResourceType: 'ec2:Instance' }] };
  await each(() => ec2.send(new CreateImageUsageReportCommand(report)));
  await makeLongTransfers(ec2, imageIds);
  await until('what takes its time is done', () => isQuiet(ec2));
  return {
    imageId,
    fleetIds: fleets.map(({ FleetId = '' }) => FleetId),
    templateName: LaunchTemplateName,
    parameterName: await makeParameters(ssm),
  };
}

const fleet = {
  Type: 'instant' as const,
  LaunchTemplateConfigs: [
    { LaunchTemplateSpecification: { LaunchTemplateName, Version: '$Default' } },
  ],
  TargetCapacitySpecification: {
    TotalTargetCapacity: 1,
    DefaultTargetCapacityType: 'on-demand' as const,
  },
};

/** Reports tell of others' use. */
async function launchByAnother(imago: ImagoProcess, ImageId: string): Promise<void> {
  const LaunchPermission = { Add: [{ Group: 'all' as const }] };
  await imago.ec2().send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
  const { endpoint, credentials } = imago;
  const operator = new Client({ endpoint, region: 'us-east-1', ...credentials });
  const { AccessKey: key } = await operator.imago('CreateAccount', { Name: 'another' });
  const another = imago.ec2('us-east-1', {
    accessKeyId: key.AccessKeyId,
    secretAccessKey: key.SecretAccessKey ?? '',
  });
  await another.send(new RunInstancesCommand({ ImageId, MinCount: 1, MaxCount: 1 }));
}

async function makeTemplates(ec2: EC2Client, ImageId: string): Promise<void> {
  const LaunchTemplateData = { ImageId, InstanceType: 't3.nano' as const };
  const version = { LaunchTemplateName, LaunchTemplateData };
  await ec2.send(new CreateLaunchTemplateCommand(version));
  await each(() => ec2.send(new CreateLaunchTemplateVersionCommand(version)));
  await each((number) =>
    ec2.send(
      new CreateLaunchTemplateCommand({
        LaunchTemplateData,
        LaunchTemplateName: `${LaunchTemplateName}-${number}`,
      }),
    ),
  );
}

async function makeGroups(ec2: EC2Client): Promise<void> {
  const made = await each((number) =>
    ec2.send(
      new CreateSecurityGroupCommand({ GroupName: `group-${number}`, Description: 'one of many' }),
    ),
  );
  const rule = { IpProtocol: 'tcp', FromPort: 22, ToPort: 22, CidrIp: '10.0.0.0/8' };
  for (const { GroupId } of made) {
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, ...rule }));
  }
}

/** As many as an account may have at a time, and some that are disabled. */
async function makeFastRestores(ec2: EC2Client, snapshotIds: string[]): Promise<void> {
  const enabled = async () => {
    const { FastSnapshotRestores = [] } = await ec2.send(
      new DescribeFastSnapshotRestoresCommand({}),
    );
    return FastSnapshotRestores.filter(({ State }) => State === 'enabled').length;
  };
  const order = (SourceSnapshotIds: string[]) => ({
    AvailabilityZones: ['us-east-1a'],
    SourceSnapshotIds,
  });
  const first = order(snapshotIds.slice(0, 5));
  await ec2.send(new EnableFastSnapshotRestoresCommand(first));
  await until('they are enabled', async () => (await enabled()) === 5);
  await ec2.send(new DisableFastSnapshotRestoresCommand(first));
  await ec2.send(new EnableFastSnapshotRestoresCommand(order(snapshotIds.slice(5))));
  const others = snapshotIds.length - 5;
  await until('the others are', async () => (await enabled()) === others);
  await until('nothing changes any more', async () => {
    const { FastSnapshotRestores = [] } = await ec2.send(
      new DescribeFastSnapshotRestoresCommand({}),
    );
    return FastSnapshotRestores.every(({ State }) => State === 'enabled' || State === 'disabled');
  });
}

async function makeImages(ec2: EC2Client, name: string, snapshots: string[]): Promise<string[]> {
  const made = await each((number) =>
    ec2.send(
      new RegisterImageCommand({
        Name: `${name}-${number}`,
        Architecture: 'x86_64',
        VirtualizationType: 'hvm',
        RootDeviceName: '/dev/sda1',
        BlockDeviceMappings: [{ DeviceName: '/dev/sda1', Ebs: { SnapshotId: snapshots[number] } }],
        TagSpecifications: [{ ResourceType: 'image', Tags: [{ Key: 'of', Value: name }] }],
      }),
    ),
  );
  return made.map(({ ImageId = '' }) => ImageId);
}

/** With as many versions. */
async function makeDocuments(ssm: SSMClient): Promise<void> {
  const Content = testDocument();
  await each((number) => ssm.send(new CreateDocumentCommand({ Name: `pages-${number}`, Content })));
}

async function makeParameters(ssm: SSMClient): Promise<string> {
  const Name = '/pages/versions';
  for (let number = 0; number < count; number++) {
    const more = { Value: String(number), Type: 'String' as const };
    await ssm.send(new PutParameterCommand({ Name: `/pages/${number}`, ...more }));
    await ssm.send(new PutParameterCommand({ Name, ...more, Overwrite: true }));
  }
  return Name;
}

/** Lists that change by themselves are not compared. */
async function isQuiet(ec2: EC2Client): Promise<boolean> {
  const tasks = await ec2.send(new DescribeReplaceRootVolumeTasksCommand({}));
  const reports = await ec2.send(new DescribeImageUsageReportsCommand({}));
  const ends = [
    ...(tasks.ReplaceRootVolumeTasks ?? []).map(({ TaskState }) => TaskState === 'succeeded'),
    ...(reports.ImageUsageReports ?? []).map(({ State }) => State === 'available'),
  ];
  return ends.every((isDone) => isDone);
}
