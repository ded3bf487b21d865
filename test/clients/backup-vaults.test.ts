/**
 * AWS Backup from a vault to a restored machine by the clients that Debian has: aws-cli and boto3,
 * each of which makes a vault, locks it, plans, backs up, copies to another region, restores, and is
 * refused what a lock or a legal hold protects. On simulated machines.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { RunInstancesCommand } from '@aws-sdk/client-ec2';
import { aws } from '../support/aws-cli.ts';
import { debianClient } from '../support/debian-client.ts';
import { homeWith } from '../support/image-home.ts';
import { ImagoProcess } from '../support/imago.ts';
import { providerImage, waitForState } from '../support/launch.ts';
import { until } from '../support/until.ts';

const role = 'arn:aws:iam::111122223333:role/backup';

let imago: ImagoProcess;
let account: string;
let machine: string;
let volume: string;
before(async () => {
  const regions = ['us-east-1', 'eu-west-1'];
  const home = await homeWith('micro');
  imago = await ImagoProcess.start({ hypervisor: 'simulated', home, regions });
  const ec2 = imago.ec2();
  const { ImageId } = await providerImage(ec2, 'imago-micro-*');
  const Tags = [{ Key: 'backup', Value: 'nightly' }];
  const made = await ec2.send(
    new RunInstancesCommand({
      ImageId,
      InstanceType: 't3.nano',
      MinCount: 1,
      MaxCount: 1,
      BlockDeviceMappings: [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 1 } }],
      TagSpecifications: [{ ResourceType: 'instance', Tags }],
    }),
  );
  machine = made.Instances?.[0]?.InstanceId ?? '';
  account = made.OwnerId ?? '';
  await waitForState(ec2, machine, 'running');
  const { BlockDeviceMappings } = (await describedInstance(machine)) ?? {};
  volume =
    BlockDeviceMappings?.find(({ DeviceName }) => DeviceName === '/dev/sdf')?.Ebs.VolumeId ?? '';
});
after(() => imago?.dispose());

interface Described {
  BlockDeviceMappings: { DeviceName: string; Ebs: { VolumeId: string } }[];
  State: { Name: string };
}

async function describedInstance(id: string): Promise<Described | undefined> {
  const query = 'Reservations[0].Instances[0]';
  const words = ['describe-instances', '--instance-ids', id, '--query', query];
  return (await aws(imago, 'ec2', ...words)) as Described;
}

/** The members that are given, as options. */
function call<Answer>(action: string, members: object = {}, ...more: string[]): Promise<Answer> {
  const options = Object.entries(members).flatMap(([member, value]) => [
    `--${member.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return aws(imago, 'backup', action, ...options, ...more) as Promise<Answer>;
}

const refused = (code: string) => (error: { stderr?: string }) =>
  error.stderr?.includes(`(${code})`) ?? false;

function vaultArn(region: string, name: string): string {
  return `arn:aws:backup:${region}:${account}:backup-vault:${name}`;
}

async function ended(action: string, members: object, query: string): Promise<string> {
  let state = '';
  await until(`${action} ends`, async () => {
    state = await call<string>(action, members, '--query', query);
    return state !== 'RUNNING' && state !== 'CREATED';
  });
  return state;
}

async function backedUp(ResourceArn: string, more: object): Promise<string> {
  const asked = { BackupVaultName: 'nightly', ResourceArn, IamRoleArn: role, ...more };
  const { BackupJobId, RecoveryPointArn } = await call<Record<string, string>>(
    'start-backup-job',
    asked,
  );
  assert.equal(await ended('describe-backup-job', { BackupJobId }, 'State'), 'COMPLETED');
  return RecoveryPointArn ?? '';
}

async function restored(RecoveryPointArn: string, Metadata: object): Promise<string> {
  const order = { RecoveryPointArn, Metadata, IamRoleArn: role };
  const { RestoreJobId } = await call<Record<string, string>>('start-restore-job', order);
  const job = { RestoreJobId };
  assert.equal(await ended('describe-restore-job', job, 'Status'), 'COMPLETED');
  const arn = await call<string>('describe-restore-job', job, '--query', 'CreatedResourceArn');
  return arn.slice(arn.lastIndexOf('/') + 1);
}

test('aws-cli goes the whole way', async () => {
  const BackupVaultName = 'nightly';
  await call('create-backup-vault', { BackupVaultName, BackupVaultTags: { for: 'tests' } });
  await call('create-backup-vault', { BackupVaultName: 'far' }, '--region', 'eu-west-1');
  const lock = { BackupVaultName, MinRetentionDays: '7', MaxRetentionDays: '100' };
  await call('put-backup-vault-lock-configuration', lock);
  const told = await call<{ Locked: boolean }>('describe-backup-vault', { BackupVaultName });
  assert.equal(told.Locked, true);

  const far = vaultArn('eu-west-1', 'far');
  const rule = {
    RuleName: 'every-night',
    TargetBackupVaultName: BackupVaultName,
    ScheduleExpression: 'cron(0 3 * * ? *)',
    StartWindowMinutes: 60,
    CompletionWindowMinutes: 600,
    Lifecycle: { DeleteAfterDays: 35 },
    CopyActions: [{ DestinationBackupVaultArn: far, Lifecycle: { DeleteAfterDays: 90 } }],
  };
  const BackupPlan = { BackupPlanName: 'nights', Rules: [rule] };
  const { BackupPlanId = '' } = await call<Record<string, string>>('create-backup-plan', {
    BackupPlan,
  });
  const ListOfTags = [
    { ConditionType: 'STRINGEQUALS', ConditionKey: 'backup', ConditionValue: 'nightly' },
  ];
  const BackupSelection = { SelectionName: 'tagged', IamRoleArn: role, ListOfTags };
  const { SelectionId = '' } = await call<Record<string, string>>('create-backup-selection', {
    BackupPlanId,
    BackupSelection,
  });
  const read = await call<object>(
    'get-backup-plan',
    { BackupPlanId },
    '--query',
    'BackupPlan.Rules[0].CopyActions',
  );
  assert.deepEqual(read, rule.CopyActions);

  const instance = `arn:aws:ec2:us-east-1:${account}:instance/${machine}`;
  await assert.rejects(
    backedUp(instance, { Lifecycle: { DeleteAfterDays: 3 } }),
    refused('InvalidParameterValueException'),
  );
  const Lifecycle = { DeleteAfterDays: 30 };
  const image = await backedUp(instance, { Lifecycle, StartWindowMinutes: '60' });
  const snapshot = await backedUp(`arn:aws:ec2:us-east-1:${account}:volume/${volume}`, {
    Lifecycle,
  });
  const listed = await call<string[]>(
    'list-recovery-points-by-backup-vault',
    { BackupVaultName },
    '--query',
    'RecoveryPoints[].RecoveryPointArn',
  );
  assert.deepEqual(listed.sort(), [image, snapshot].sort());

  const from = { RecoveryPointArn: image, SourceBackupVaultName: BackupVaultName };
  const to = { ...from, DestinationBackupVaultArn: far, IamRoleArn: role };
  const { CopyJobId } = await call<Record<string, string>>('start-copy-job', to);
  assert.equal(await ended('describe-copy-job', { CopyJobId }, 'CopyJob.State'), 'COMPLETED');
  const copied = 'CopyJob.DestinationRecoveryPointArn';
  const copy = await call<string>('describe-copy-job', { CopyJobId }, '--query', copied);
  const there = { BackupVaultName: 'far', RecoveryPointArn: copy };
  const source = await call<string>(
    'describe-recovery-point',
    there,
    '--region',
    'eu-west-1',
    '--query',
    'SourceBackupVaultArn',
  );
  assert.equal(source, vaultArn('us-east-1', BackupVaultName));

  const point = { BackupVaultName, RecoveryPointArn: image };
  const metadata = await call<object>(
    'get-recovery-point-restore-metadata',
    point,
    '--query',
    'RestoreMetadata',
  );
  const again = await restored(image, metadata);
  assert.notEqual(again, machine);
  assert.equal((await describedInstance(again))?.BlockDeviceMappings.length, 2);
  const disk = await restored(snapshot, { availabilityZone: 'us-east-1a' });
  assert.match(disk, /^vol-/);

  const locked = call('delete-recovery-point', point);
  await assert.rejects(locked, refused('InvalidRequestException'));
  const id = image.slice(image.lastIndexOf('/') + 1);
  const deregistered = aws(imago, 'ec2', 'deregister-image', '--image-id', id);
  await assert.rejects(deregistered, refused('AuthFailure'));
  const hold = {
    Title: 'case',
    Description: 'all',
    RecoveryPointSelection: { VaultNames: ['far'] },
  };
  const elsewhere = ['--region', 'eu-west-1'];
  const { LegalHoldId } = await call<Record<string, string>>(
    'create-legal-hold',
    hold,
    ...elsewhere,
  );
  const held = call('delete-recovery-point', there, ...elsewhere);
  await assert.rejects(held, refused('InvalidRequestException'));
  await call('cancel-legal-hold', { LegalHoldId, CancelDescription: 'over' }, ...elsewhere);
  await call('delete-recovery-point', there, ...elsewhere);
  await call('delete-backup-vault', { BackupVaultName: 'far' }, ...elsewhere);
  await call('delete-backup-selection', { BackupPlanId, SelectionId });
  await call('delete-backup-plan', { BackupPlanId });
});

test('boto3 goes the whole way', async () => {
  const script = path.join(import.meta.dirname, 'boto3-backup.py');
  const printed = await debianClient(imago, '/usr/bin/python3', [
    script,
    imago.endpoint,
    account,
    machine,
    volume,
  ]);
  assert.match(printed, /^done$/m);
});
