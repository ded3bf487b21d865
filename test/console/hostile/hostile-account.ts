/**
 * An account in which everything that can be named or described has a hostile text, as far as the
 * API lets it in.
 */

import { CreateLifecyclePolicyCommand, DLMClient } from '@aws-sdk/client-dlm';
import {
  AuthorizeSecurityGroupIngressCommand,
  CopyImageCommand,
  CreateImageCommand,
  CreateLaunchTemplateCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  DeregisterImageCommand,
  DescribeInstancesCommand,
  type EC2Client,
  ImportKeyPairCommand,
  RunInstancesCommand,
  waitUntilImageAvailable,
  waitUntilInstanceRunning,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { ImagoProcess } from '../../support/imago.ts';
import { providerImage } from '../../support/launch.ts';
import { keepDeleted } from '../../support/retention-rule.ts';
import { clientOf } from '../browser.ts';
import { hostileAddress, hostileAscii, hostileText } from './watched-tab.ts';

const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl hostile';
const waiting = (client: EC2Client) => ({ client, maxWaitTime: 120, minDelay: 1, maxDelay: 1 });

/** What characters these names may have is EC2's rule: no markup, but quotes, code and addresses. */
const imageName = "owned()'/onerror-owned() (javascript owned())";
const groupName = '{{owned()}}$(owned()) &lt;img src=x onerror=owned()&gt;';

export async function fillWithHostileTexts(imago: ImagoProcess): Promise<string[]> {
  const ec2 = imago.ec2();
  const { ImageId: provided = '' } = await providerImage(ec2, 'imago-micro-*');
  const source = { SourceImageId: provided, SourceRegion: 'us-east-1' };
  const described = { Description: hostileText(255) };
  const { ImageId: copied = '' } = await ec2.send(
    new CopyImageCommand({ ...source, Name: imageName, ...described }),
  );
  await waitUntilImageAvailable(waiting(ec2), { ImageIds: [copied] });
  const { KeyPairId = '' } = await ec2.send(
    new ImportKeyPairCommand({
      KeyName: hostileAscii(255),
      PublicKeyMaterial: Buffer.from(publicKey),
    }),
  );
  const { GroupId = '' } = await ec2.send(
    new CreateSecurityGroupCommand({ GroupName: groupName, Description: groupName }),
  );
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [
        {
          ...{ IpProtocol: 'tcp', FromPort: 22, ToPort: 22 },
          IpRanges: [{ CidrIp: '0.0.0.0/0', Description: groupName }],
        },
      ],
    }),
  );
  const launch = { ImageId: copied, InstanceType: 't3.nano' as const };
  const { Instances = [] } = await ec2.send(
    new RunInstancesCommand({
      ...launch,
      ...{ MinCount: 1, MaxCount: 1, KeyName: hostileAscii(255), SecurityGroupIds: [GroupId] },
      UserData: Buffer.from(`#cloud-config\n${hostileText(2000)}`).toString('base64'),
    }),
  );
  const [{ InstanceId = '' } = {}] = Instances;
  await waitUntilInstanceRunning(waiting(ec2), { InstanceIds: [InstanceId] });
  const captured = await ec2.send(
    new CreateImageCommand({ InstanceId, Name: `${imageName} 2`, ...described }),
  );
  const ImageIds = [captured.ImageId ?? ''];
  await waitUntilImageAvailable(waiting(ec2), { ImageIds });
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'owned()',
      VersionDescription: hostileText(255),
      LaunchTemplateData: { ...launch, KeyName: hostileAscii(255) },
    }),
  );
  const volume = await volumeOf(ec2, InstanceId);
  const snapshots = await snapshotsOf(ec2, volume);
  await tag(ec2, [
    ...[copied, ...ImageIds, KeyPairId, GroupId, InstanceId, volume, ...snapshots],
    LaunchTemplate?.LaunchTemplateId ?? '',
  ]);
  await letBackUp(imago);
  await fillOthers(imago, copied);
  await keepDeleted(imago, imago.credentials, 'EC2_IMAGE');
  await ec2.send(new DeregisterImageCommand({ ImageId: ImageIds[0] }));
  return [copied, InstanceId, GroupId];
}

async function volumeOf(ec2: EC2Client, InstanceId: string): Promise<string> {
  const { Reservations } = await ec2.send(
    new DescribeInstancesCommand({ InstanceIds: [InstanceId] }),
  );
  return Reservations?.[0]?.Instances?.[0]?.BlockDeviceMappings?.[0]?.Ebs?.VolumeId ?? '';
}

async function snapshotsOf(ec2: EC2Client, VolumeId: string): Promise<string[]> {
  const { SnapshotId = '' } = await ec2.send(
    new CreateSnapshotCommand({ VolumeId, Description: hostileText(255) }),
  );
  await waitUntilSnapshotCompleted(waiting(ec2), { SnapshotIds: [SnapshotId] });
  return [SnapshotId];
}

async function tag(ec2: EC2Client, Resources: string[]): Promise<void> {
  const Tags = [
    { Key: 'Name', Value: hostileText(256) },
    { Key: hostileText(127), Value: hostileAddress },
    { Key: hostileAddress, Value: hostileText(256) },
  ];
  await ec2.send(new CreateTagsCommand({ Resources, Tags }));
}

/** A policy that is at rest: its description and its schedule's name take no markup, its tags do. */
async function letBackUp({ endpoint, credentials }: ImagoProcess): Promise<void> {
  const dlm = new DLMClient({ endpoint, credentials, region: 'us-east-1' });
  await dlm.send(
    new CreateLifecyclePolicyCommand({
      ...{ Description: 'W'.repeat(500), State: 'DISABLED' },
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/none',
      PolicyDetails: {
        ...{ PolicyType: 'IMAGE_MANAGEMENT', ResourceTypes: ['INSTANCE'] },
        TargetTags: [{ Key: hostileText(127), Value: hostileText(256) }],
        Schedules: [
          {
            ...{ Name: 'W'.repeat(120), RetainRule: { Count: 14 } },
            CreateRule: { CronExpression: 'cron(0 3 * * ? *)' },
          },
        ],
      },
    }),
  );
  dlm.destroy();
}

/** Of what EC2 has no action for. */
async function fillOthers(imago: ImagoProcess, ImageId: string): Promise<void> {
  const client = clientOf(imago);
  await client.imago('PublishProduct', {
    ...{ ImageId, Title: hostileText(255), Description: hostileText(2000) },
    ...{ Price: hostileAddress, Terms: hostileText(2000), Version: hostileText(64) },
  });
  // Why it fails is told with what was to be there.
  const check = { Name: hostileText(128), Command: hostileText(1000), Contains: hostileText(255) };
  await client.imago('StartDrill', { ImageId, Checks: [check] });
  await client.imago('CreateAccount', { Name: 'onerror-owned.' });
  const TargetTags = [{ Key: hostileText(127), Value: hostileAddress }];
  await client.imago('PutForgetPolicy', {
    ...{ PolicyName: 'onerror-owned.', TargetTags, KeepLast: 1 },
    KeepTags: [`${hostileText(100)}=${hostileAddress}`],
  });
  await client.imago('CreateRemote', {
    ...{ Name: 'onerror-owned.', Region: 'us-east-1', AccessKeyId: 'AKIAEXAMPLE' },
    ...{ SecretAccessKey: 'secret', Endpoint: 'https://onerror-owned.invalid' },
    SendTags: [{ Key: hostileText(127), Value: hostileAddress }],
  });
  const ssm = new SSMClient({
    ...{ endpoint: imago.endpoint, region: 'us-east-1', credentials: imago.credentials },
  });
  const Value = hostileText(1000).replaceAll(/[{}]/g, '');
  await ssm.send(new PutParameterCommand({ Name: '/owned/x', Value, Type: 'String' }));
}
