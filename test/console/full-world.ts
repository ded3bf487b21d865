/**
 * A home in which every view has something to show, and the addresses of all views, for those who
 * look at each of them. The marks of a view that is missing here are missed by views.test.ts.
 */

import {
  BackupClient,
  CreateRestoreTestingPlanCommand,
  CreateRestoreTestingSelectionCommand,
} from '@aws-sdk/client-backup';
import { CreateLifecyclePolicyCommand, DLMClient } from '@aws-sdk/client-dlm';
import {
  CreateKeyPairCommand,
  CreateLaunchTemplateCommand,
  CreateSnapshotCommand,
  CreateTagsCommand,
  CreateVolumeCommand,
  DeleteSnapshotCommand,
  DeregisterImageCommand,
  EnableImageDeprecationCommand,
  ImportSnapshotCommand,
  ModifyImageAttributeCommand,
  waitUntilSnapshotCompleted,
} from '@aws-sdk/client-ec2';
import { StartImagePipelineExecutionCommand } from '@aws-sdk/client-imagebuilder';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  KMSClient,
} from '@aws-sdk/client-kms';
import { shell } from '../../console/src/text/shell.ts';
import { builderClient, cancelled } from '../support/image-builder.ts';
import type { ImagoProcess } from '../support/imago.ts';
import { access, captured, launch, providerImage, waitForState } from '../support/launch.ts';
import { keepDeleted } from '../support/retention-rule.ts';
import { until } from '../support/until.ts';
import { clientOf } from './browser.ts';
import { newPipeline } from './pipeline.ts';
import { newAccount, ownImage } from './world.ts';

const longWords = 'nightly build of the web servers, with every package of the platform team';

/** Routes, such as `#/images/ami-1`; tabs are found on the pages. */
export async function fillEveryView(imago: ImagoProcess): Promise<string[]> {
  const ec2 = imago.ec2();
  const friend = await newAccount(imago, 'friend');
  const mine = await access(imago, 'web');
  const { ImageId: provided = '' } = await providerImage(ec2, 'imago-micro-*');
  const [machine] = await launch(ec2, provided, mine, 2);
  const instance = machine?.InstanceId ?? '';
  await waitForState(ec2, instance, 'running');
  const Tags = [
    { Key: 'Name', Value: 'web-1' },
    { Key: 'Commit', Value: 'e83c5163316f89bfbde7d9ab23ca2e25604af290' },
  ];
  await ec2.send(new CreateTagsCommand({ Resources: [instance], Tags }));
  const name = 'web-server-2026.11.25-x86_64-platform-nightly';
  const made = await captured(ec2, instance, name, longWords);
  const image = made.ImageId;
  const volume = (await waitForState(ec2, instance, 'running')).BlockDeviceMappings?.[0]?.Ebs;
  const LaunchPermission = { Add: [{ UserId: friend.id }] };
  await ec2.send(new ModifyImageAttributeCommand({ ImageId: image, LaunchPermission }));
  await ec2.send(
    new EnableImageDeprecationCommand({
      ImageId: image,
      DeprecateAt: new Date(Date.now() + 30 * 24 * 3600_000),
    }),
  );
  await launch(ec2, image, mine);
  await ec2.send(new CreateKeyPairCommand({ KeyName: 'laptop', KeyType: 'ed25519' }));
  const { LaunchTemplate } = await ec2.send(
    new CreateLaunchTemplateCommand({
      LaunchTemplateName: 'web',
      LaunchTemplateData: { ImageId: image, InstanceType: 't3.nano' },
    }),
  );
  await fillBin(imago, volume?.VolumeId ?? '');
  await publish(imago, image);
  const key = await encrypt(imago, friend.id);
  const policy = await letBackUp(imago);
  await letForget(imago);
  await letTest(imago);
  const remote = await sendElsewhere(imago, image);
  const drill = await drillFailing(imago, image);
  const looks = { Checks: [{ Name: longWords, Command: `echo '${longWords}'` }] };
  await clientOf(imago).imago('PutDrillChecks', { SourceId: instance, ...looks });
  await beginImport(imago);
  const build = await buildAndCancel(imago);
  const snapshot = made.BlockDeviceMappings?.[0]?.Ebs?.SnapshotId;
  return [
    ...Object.keys(shell.views).map((view) => `#/${view}`),
    ...[`#/images/${image}`, `#/images/${provided}`, `#/instances/${instance}`],
    ...[`#/instances/launch?image=${image}`, `#/operator/accounts/${friend.id}`],
    ...['#/instances/launch', `#/volumes/${volume?.VolumeId}`, `#/snapshots/${snapshot}`],
    ...[`#/drills/${image}`, `#/drills/${drill}`, `#/drills/${instance}`],
    ...[`#/backups/${instance}?day=${today()}`, `#/policies/${policy}`],
    ...['#/policies/new', '#/policies/forget', '#/policies/forget/thin'],
    ...['', '/nightly', '/nightly/selections', '/nightly/selections/machines'].map(
      (part) => `#/drills/plans${part}`,
    ),
    `#/remotes/${remote}`,
    ...['machine', 'place', 'volume', 'files'].map(
      (what) => `#/backups/restore?backup=${image}&what=${what}`,
    ),
    ...[`#/backups/restore?source=${instance}`, `#/backups/restore?backup=${snapshot}`],
    ...[`#/keys/${key}`, `#/builder/build/${encodeURIComponent(build)}`],
    ...[
      `#/images/${image}?tab=files&path=/etc/passwd`,
      `#/images/${image}?tab=compare&with=${provided}`,
    ],
    ...[`#/templates/${LaunchTemplate?.LaunchTemplateId}`, `#/network/${mine.groupId}`],
  ];
}

const today = () => new Date().toISOString().slice(0, 10);

/** One check of it fails: simulated machines write nothing. */
async function drillFailing(imago: ImagoProcess, ImageId: string): Promise<string> {
  const client = clientOf(imago);
  const Checks = [{ Command: 'df /' }, { Name: longWords, Command: 'cat', Equals: longWords }];
  const { DrillId } = await client.imago('StartDrill', { ImageId, Checks });
  await until('the drill has failed', async () => {
    const { Drills } = await client.imago('DescribeDrills', { DrillIds: [DrillId] });
    return Drills[0]?.State === 'failed';
  });
  return DrillId;
}

/** A policy that is at rest: what it would do is told, and nothing comes in between. */
async function letBackUp({ endpoint, credentials }: ImagoProcess): Promise<string> {
  const dlm = new DLMClient({ endpoint, credentials, region: 'us-east-1' });
  const { PolicyId = '' } = await dlm.send(
    new CreateLifecyclePolicyCommand({
      ...{ Description: longWords.replaceAll(/[^\w ]/g, ''), State: 'DISABLED' },
      ExecutionRoleArn: 'arn:aws:iam::123456789012:role/none',
      PolicyDetails: {
        ...{ PolicyType: 'IMAGE_MANAGEMENT', ResourceTypes: ['INSTANCE'] },
        TargetTags: [{ Key: 'backup', Value: 'nightly' }],
        Schedules: [
          {
            ...{ Name: 'Nightly', CreateRule: { CronExpression: 'cron(0 3 * * ? *)' } },
            RetainRule: { Count: 14 },
          },
        ],
      },
    }),
  );
  dlm.destroy();
  return PolicyId;
}

/** Two of them, one at rest with all that there is to say of one. */
async function letForget(imago: ImagoProcess): Promise<void> {
  const client = clientOf(imago);
  const TargetTags = [{ Key: 'backup', Value: 'nightly' }];
  const rules = { KeepDaily: 7, KeepWeekly: 5, KeepMonthly: 12, Timezone: 'Europe/Vienna' };
  await client.imago('PutForgetPolicy', { PolicyName: 'thin', TargetTags, ...rules });
  await client.imago('PutForgetPolicy', {
    ...{ PolicyName: 'databases-of-the-platform-team', Enabled: false },
    SourceIds: ['vol-0123456789abcdef0', 'i-0123456789abcdef0'],
    ...{ KeepLast: -1, KeepWithinYearly: '9y', KeepTags: ['keep=yes'], Schedule: 'rate(6 hours)' },
  });
}

/** A plan whose time does not come while one looks, with selections of each kind. */
async function letTest({ endpoint, credentials }: ImagoProcess): Promise<void> {
  const backup = new BackupClient({ endpoint, credentials, region: 'us-east-1' });
  const RestoreTestingPlanName = 'nightly';
  const RestoreTestingPlan = {
    ...{ RestoreTestingPlanName, ScheduleExpression: 'cron(0 5 31 12 ? *)' },
    ScheduleExpressionTimezone: 'Europe/Vienna',
    RecoveryPointSelection: {
      Algorithm: 'LATEST_WITHIN_WINDOW' as const,
      IncludeVaults: ['*'],
      RecoveryPointTypes: ['SNAPSHOT' as const],
    },
  };
  await backup.send(new CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
  const IamRoleArn = 'arn:aws:iam::123456789012:role/none';
  const arn = (id: string) => `arn:aws:ec2:us-east-1:123456789012:volume/${id}`;
  const checks = JSON.stringify([{ Name: longWords, Command: `echo '${longWords}'` }]);
  const machines = {
    ...{ RestoreTestingSelectionName: 'machines', ProtectedResourceType: 'EC2' },
    ProtectedResourceConditions: {
      StringEquals: [{ Key: 'aws:ResourceTag/backup', Value: longWords }],
    },
    RestoreMetadataOverrides: { InstanceType: 't3.nano', 'imago:checks': checks },
    ValidationWindowHours: 8,
  };
  const volumes = {
    ...{ RestoreTestingSelectionName: 'volumes', ProtectedResourceType: 'EBS' },
    ProtectedResourceArns: [arn('vol-0123456789abcdef0'), arn('vol-0123456789abcdef1')],
  };
  for (const each of [machines, volumes]) {
    const RestoreTestingSelection = { ...each, IamRoleArn };
    const asked = { RestoreTestingPlanName, RestoreTestingSelection };
    await backup.send(new CreateRestoreTestingSelectionCommand(asked));
  }
  backup.destroy();
}

/** To where nobody listens: it waits there, and is under way. */
async function sendElsewhere(imago: ImagoProcess, BackupId: string): Promise<string> {
  const client = clientOf(imago);
  const key = { AccessKeyId: 'AKIAEXAMPLE', SecretAccessKey: 'secret' };
  const { RemoteId } = await client.imago('CreateRemote', {
    ...{ Name: 'second-host-in-the-other-building', Endpoint: 'http://127.0.0.1:1', ...key },
    ...{ Region: 'us-east-1', BytesPerSecond: 20 * 1024 ** 2 },
    SendTags: [{ Key: 'offsite', Value: longWords }],
  });
  const aws = { Name: 'aws', Region: 'eu-central-1', ...key };
  await client.imago('CreateRemote', aws);
  await client.imago('PushBackup', { BackupId, RemoteId });
  return RemoteId;
}

/** A volume, with a key that somebody else may use. */
async function encrypt(imago: ImagoProcess, account: string): Promise<string> {
  const { endpoint, credentials } = imago;
  const kms = new KMSClient({ endpoint, credentials, region: 'us-east-1' });
  const { KeyMetadata } = await kms.send(new CreateKeyCommand({ Description: longWords }));
  const KeyId = KeyMetadata?.KeyId ?? '';
  await kms.send(new CreateAliasCommand({ AliasName: 'alias/web', TargetKeyId: KeyId }));
  const GranteePrincipal = `arn:aws:iam::${account}:root`;
  await kms.send(new CreateGrantCommand({ KeyId, GranteePrincipal, Operations: ['Decrypt'] }));
  const encryption = { Encrypted: true, KmsKeyId: KeyId };
  const place = { AvailabilityZone: 'us-east-1a', Size: 1 };
  await imago.ec2().send(new CreateVolumeCommand({ ...place, ...encryption }));
  return KeyId;
}

async function buildAndCancel(imago: ImagoProcess): Promise<string> {
  const client = builderClient(imago);
  const imagePipelineArn = await newPipeline(imago, { description: longWords });
  const { imageBuildVersionArn = '' } = await client.send(
    new StartImagePipelineExecutionCommand({ imagePipelineArn }),
  );
  await cancelled(client, imageBuildVersionArn);
  client.destroy();
  return imageBuildVersionArn;
}

/** Of a file that nobody offers: it waits. */
async function beginImport(imago: ImagoProcess): Promise<void> {
  const DiskContainer = { Format: 'RAW', Url: 'client://1/disk.raw', Description: 'disk.raw' };
  await imago.ec2().send(new ImportSnapshotCommand({ Description: longWords, DiskContainer }));
}

async function fillBin(imago: ImagoProcess, VolumeId: string): Promise<void> {
  const ec2 = imago.ec2();
  for (const type of ['EC2_IMAGE', 'EBS_SNAPSHOT'] as const) {
    await keepDeleted(imago, imago.credentials, type);
  }
  const ImageId = await ownImage(imago, 'thrown-away');
  await ec2.send(new DeregisterImageCommand({ ImageId }));
  const { SnapshotId = '' } = await ec2.send(new CreateSnapshotCommand({ VolumeId }));
  await waitUntilSnapshotCompleted(
    { client: ec2, maxWaitTime: 60, minDelay: 1, maxDelay: 1 },
    { SnapshotIds: [SnapshotId] },
  );
  await ec2.send(new DeleteSnapshotCommand({ SnapshotId }));
}

async function publish(imago: ImagoProcess, ImageId: string): Promise<void> {
  const client = clientOf(imago);
  const Terms = 'You may run it.\nYou may not sell it on.';
  const Price = '12 credits a month';
  await client.imago('PublishProduct', { ImageId, Title: 'Web server', Terms, Price });
  const isDone = async () => {
    const { Tasks } = await client.imago('DescribeTasks', { MaxResults: 200 });
    return Tasks.every(({ State }) => ['succeeded', 'failed'].includes(State));
  };
  await until('nothing is being worked at', isDone);
}
