/**
 * What a recovery brings back of two accounts, as AWS's clients are told it: locks, holds, points, bin,
 * shares, policies and tags are as they were, and what they forbid is forbidden. Of a year of times
 * that were missed one is made up for.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import * as backups from '@aws-sdk/client-backup';
import * as dlm from '@aws-sdk/client-dlm';
import {
  CompleteSnapshotCommand,
  EBSClient,
  PutSnapshotBlockCommand,
  StartSnapshotCommand,
} from '@aws-sdk/client-ebs';
import * as sdk from '@aws-sdk/client-ec2';
import { Client } from '../../cli/client.ts';
import { openSqliteCatalog } from '../../server/catalog/sqlite/sqlite-catalog.ts';
import { putRequest, testBlock } from '../../server/operations/test-uploads.ts';
import { type Credentials, ImagoProcess, launcher, newHome } from '../support/imago.ts';
import { keepDeleted } from '../support/retention-rule.ts';
import { until } from '../support/until.ts';

const region = 'us-east-1';
const role = 'arn:aws:iam::111122223333:role/backup';
const locked = { BackupVaultName: 'locked' };
const held = { BackupVaultName: 'held' };
/** Half a day from now: while the test runs nothing is due by the clock but what it lets be missed. */
const [hour = '', minute = ''] = new Date(Date.now() + 12 * 60 * 60_000)
  .toISOString()
  .slice(11, 16)
  .split(':');
let elsewhere: string;
let imago: ImagoProcess;
let flags: string[];
before(async () => {
  elsewhere = mkdtempSync(path.join(tmpdir(), 'im-whole-'));
  flags = ['--recovery-key-file', path.join(elsewhere, 'key')];
  imago = await ImagoProcess.start({ hypervisor: 'simulated', flags });
});
after(async () => {
  await imago?.dispose();
  rmSync(elsewhere, { recursive: true });
});

function clients(credentials: Credentials) {
  const place = { endpoint: imago.endpoint, region, credentials };
  return {
    ec2: new sdk.EC2Client(place),
    ebs: new EBSClient(place),
    dlm: new dlm.DLMClient(place),
    backup: new backups.BackupClient(place),
    own: new Client({ ...place, ...credentials }),
  };
}

async function registered({ ec2, ebs }: ReturnType<typeof clients>, Name: string) {
  const { SnapshotId = '' } = await ebs.send(new StartSnapshotCommand({ VolumeSize: 1 }));
  await ebs.send(new PutSnapshotBlockCommand(putRequest(SnapshotId, 0, testBlock(Name))));
  await ebs.send(new CompleteSnapshotCommand({ SnapshotId, ChangedBlocksCount: 1 }));
  await until('the snapshot is completed', async () => {
    const asked = new sdk.DescribeSnapshotsCommand({ SnapshotIds: [SnapshotId] });
    return (await ec2.send(asked)).Snapshots?.[0]?.State === 'completed';
  });
  const BlockDeviceMappings = [{ DeviceName: '/dev/xvda', Ebs: { SnapshotId } }];
  const about = { Name, RootDeviceName: '/dev/xvda', Architecture: 'x86_64' as const };
  const order = { ...about, VirtualizationType: 'hvm', BlockDeviceMappings };
  return (await ec2.send(new sdk.RegisterImageCommand(order))).ImageId ?? '';
}

/** As all of it is told to the two. */
async function told(first: Credentials, second: Credentials) {
  const { ec2, backup, dlm: policies } = clients(first);
  const { Policies = [] } = await policies.send(new dlm.GetLifecyclePoliciesCommand({}));
  const answers = [
    await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['self'] })),
    await ec2.send(new sdk.ListImagesInRecycleBinCommand({})),
    await clients(second).ec2.send(new sdk.DescribeImagesCommand({ ExecutableUsers: ['self'] })),
    await backup.send(new backups.DescribeBackupVaultCommand(locked)),
    await backup.send(new backups.ListRecoveryPointsByBackupVaultCommand(held)),
    await backup.send(new backups.ListLegalHoldsCommand({})),
    { Policies },
  ];
  return answers.map((answer) => ({ ...answer, $metadata: undefined }));
}

/** The machine with all that keeps it; answers its ARN and that of its recovery point. */
async function make(first: Credentials, second: { account: string }) {
  const { ec2, backup, dlm: policies } = clients(first);
  const ImageId = await registered(clients(first), 'base');
  const LaunchPermission = { Add: [{ UserId: second.account }] };
  await ec2.send(new sdk.ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
  const Tags = [{ Key: 'backup', Value: 'nightly' }];
  await ec2.send(new sdk.CreateTagsCommand({ Resources: [ImageId], Tags }));
  const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
  const launch = { ImageId, MinCount: 1, MaxCount: 1, TagSpecifications };
  const { Instances: [machine] = [] } = await ec2.send(new sdk.RunInstancesCommand(launch));
  const ids = { InstanceIds: [machine?.InstanceId ?? ''] };
  await sdk.waitUntilInstanceRunning({ client: ec2, maxWaitTime: 60, minDelay: 1 }, ids);
  await keepDeleted(imago, first, 'EC2_IMAGE');
  const thrownAway = await registered(clients(first), 'thrown away');
  await ec2.send(new sdk.DeregisterImageCommand({ ImageId: thrownAway }));
  for (const vault of [locked, held]) {
    await backup.send(new backups.CreateBackupVaultCommand(vault));
  }
  const lock = { ...locked, MinRetentionDays: 7, ChangeableForDays: 3 };
  await backup.send(new backups.PutBackupVaultLockConfigurationCommand(lock));
  const owner = (await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['self'] }))).Images?.[0];
  const ResourceArn = `arn:aws:ec2:${region}:${owner?.OwnerId}:instance/${machine?.InstanceId}`;
  const asked = { ...held, ResourceArn, IamRoleArn: role };
  const job = await backup.send(new backups.StartBackupJobCommand(asked));
  await until('the job is completed', async () => {
    const { BackupJobId } = job;
    const { State } = await backup.send(new backups.DescribeBackupJobCommand({ BackupJobId }));
    return State === 'COMPLETED';
  });
  const RecoveryPointSelection = { VaultNames: [held.BackupVaultName] };
  const hold = { Title: 'Case', Description: 'All of it', RecoveryPointSelection };
  await backup.send(new backups.CreateLegalHoldCommand(hold));
  const RecoveryPointTypes = ['SNAPSHOT' as const];
  const newest = { Algorithm: 'LATEST_WITHIN_WINDOW' as const, IncludeVaults: ['*'] };
  const RestoreTestingPlan = {
    RestoreTestingPlanName: 'drills',
    RecoveryPointSelection: { ...newest, RecoveryPointTypes },
    ScheduleExpression: `cron(${Number(minute)} ${Number(hour)} * * ? *)`,
  };
  await backup.send(new backups.CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
  const RestoreTestingSelection = {
    RestoreTestingSelectionName: 'machines',
    ProtectedResourceType: 'EC2',
    ProtectedResourceArns: ['*'],
    IamRoleArn: role,
  };
  const selection = { RestoreTestingPlanName: 'drills', RestoreTestingSelection };
  await backup.send(new backups.CreateRestoreTestingSelectionCommand(selection));
  const CreateRule = {
    ...{ Interval: 24, IntervalUnit: 'HOURS' as const },
    Times: [`${hour}:${minute}`],
  };
  const Schedules = [{ Name: 'daily', CreateRule, RetainRule: { Count: 24 }, CopyTags: true }];
  const PolicyDetails = {
    PolicyType: 'IMAGE_MANAGEMENT' as const,
    ResourceTypes: ['INSTANCE' as const],
    TargetTags: Tags,
    Schedules,
  };
  const policy = { ExecutionRoleArn: role, Description: 'daily', State: 'ENABLED' as const };
  await policies.send(new dlm.CreateLifecyclePolicyCommand({ ...policy, PolicyDetails }));
  return { ResourceArn, RecoveryPointArn: job.RecoveryPointArn ?? '' };
}

/** As if it had been down for a year: every day and every night was missed. */
async function missAYear(home: string): Promise<void> {
  const then = new Date(Date.now() - 365 * 24 * 60 * 60_000).toISOString();
  const catalog = await openSqliteCatalog(path.join(home, 'imago.db'));
  await catalog.write(async ({ backupPolicies, restoreTestingPlans }) => {
    for (const row of await backupPolicies.list()) {
      const schedules = row.schedules.map((each) => ({ ...each, nextAt: then }));
      await backupPolicies.update({ ...row, schedules, nextRunAt: then });
    }
    for (const row of await restoreTestingPlans.list()) {
      await restoreTestingPlans.update({ ...row, nextRunAt: then, nextLookAt: then });
    }
  });
  await catalog.close();
}

test('two accounts are there again with what binds them, and a year that was missed makes one backup', async () => {
  const first = imago.credentials;
  const made = await clients(first).own.imago('CreateAccount', { Name: 'second' });
  const { AccessKeyId = '', SecretAccessKey = '' } = made.AccessKey ?? {};
  const second = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
  const account = made.Account?.AccountId ?? '';
  const point = await make(first, { account });
  const before = await told(first, second);
  await imago.stop();
  const store = path.join(elsewhere, 'store');
  renameSync(path.join(imago.home, 'blocks'), store);
  await imago.dispose();
  const home = newHome();
  const words = ['recover', '--from', store, '--home', home, ...flags];
  await promisify(execFile)(launcher, words);
  await missAYear(home);
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, flags });
  const { backup, ec2, own } = clients(first);
  const backedUp = async () => {
    const { Images = [] } = await ec2.send(new sdk.DescribeImagesCommand({ Owners: ['self'] }));
    return Images.filter(({ Tags = [] }) => Tags.some(({ Key }) => Key?.startsWith('aws:dlm')));
  };
  const [mine, ...others] = await told(first, second);
  const wasMine = before.shift() as { Images: { ImageId: string }[] };
  const isOld = ({ ImageId }: { ImageId: string }) =>
    wasMine.Images.some((image) => image.ImageId === ImageId);
  assert.deepEqual(
    (mine as typeof wasMine).Images.filter(isOld).map(({ ImageId }) => ImageId),
    wasMine.Images.map(({ ImageId }) => ImageId),
  );
  assert.deepEqual(others, before);
  const { ResourceArn, RecoveryPointArn } = point;
  const deletion = new backups.DeleteRecoveryPointCommand({ ...held, RecoveryPointArn });
  await assert.rejects(backup.send(deletion), /legal hold/);
  const shorter = { ...locked, ResourceArn, IamRoleArn: role, Lifecycle: { DeleteAfterDays: 1 } };
  await backup.send(new backups.StartBackupJobCommand(shorter)).then(
    ({ BackupJobId }) =>
      until('what the lock forbids has failed', async () => {
        const asked = new backups.DescribeBackupJobCommand({ BackupJobId });
        return (await backup.send(asked)).State === 'FAILED';
      }),
    (error) => assert.match(String(error), /retention|days/i),
  );
  const stopped = { Filters: [{ Name: 'instance-state-name', Values: ['stopped'] }] };
  const isOfMachine = await ec2.send(new sdk.DescribeInstancesCommand(stopped));
  const id = isOfMachine.Reservations?.[0]?.Instances?.[0]?.InstanceId ?? '';
  await ec2.send(new sdk.StartInstancesCommand({ InstanceIds: [id] }));
  await until('the missed times are made up for', async () => (await backedUp()).length > 0);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal((await backedUp()).length, 1);
  const { Drills } = await own.imago('DescribeDrills', {});
  assert.ok(Drills.length <= 1, `${Drills.length} drills of one machine`);
});
