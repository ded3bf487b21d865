/**
 * aws_backup_vault, aws_backup_vault_lock_configuration, aws_backup_plan, aws_backup_selection and
 * aws_dlm_lifecycle_policy as Terraform's AWS provider makes, reads, changes and destroys them:
 * with the empty lists that it sends, and the errors by which it knows that a thing is gone or is
 * to be tried again. On simulated machines.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  BackupClient,
  CreateBackupPlanCommand,
  CreateBackupSelectionCommand,
  CreateBackupVaultCommand,
  DeleteBackupPlanCommand,
  DeleteBackupSelectionCommand,
  DeleteBackupVaultCommand,
  DeleteBackupVaultLockConfigurationCommand,
  DescribeBackupVaultCommand,
  GetBackupPlanCommand,
  GetBackupSelectionCommand,
  ListTagsCommand,
  PutBackupVaultLockConfigurationCommand,
  paginateListRecoveryPointsByBackupVault,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateBackupPlanCommand,
} from '@aws-sdk/client-backup';
import * as dlmSdk from '@aws-sdk/client-dlm';
import { ImagoProcess } from '../support/imago.ts';

let imago: ImagoProcess;
let backup: BackupClient;
let dlm: dlmSdk.DLMClient;
before(async () => {
  imago = await ImagoProcess.start({ hypervisor: 'simulated' });
  const { endpoint, credentials } = imago;
  const how = { endpoint, credentials, region: 'us-east-1', maxAttempts: 1 };
  backup = new BackupClient(how);
  dlm = new dlmSdk.DLMClient(how);
});
after(async () => {
  backup?.destroy();
  dlm?.destroy();
  await imago?.dispose();
});

const iamRoleArn = 'arn:aws:iam::123456789012:role/backup';
const gone = { name: 'ResourceNotFoundException' };

async function tagsOf(ResourceArn = ''): Promise<object | undefined> {
  return (await backup.send(new ListTagsCommand({ ResourceArn }))).Tags;
}

/** Answers its ARN. */
async function makeVault(BackupVaultName: string, BackupVaultTags = {}): Promise<string> {
  const asked = { BackupVaultName, BackupVaultTags };
  return (await backup.send(new CreateBackupVaultCommand(asked))).BackupVaultArn ?? '';
}

function describeVault(BackupVaultName: string) {
  return backup.send(new DescribeBackupVaultCommand({ BackupVaultName }));
}

test('aws_backup_vault with its lock: made, read, tagged anew and destroyed with what is in it', async () => {
  const BackupVaultName = 'terraform';
  const arn = await makeVault(BackupVaultName, { Name: 'vault', old: 'yes' });
  const made = await describeVault(BackupVaultName);
  assert.deepEqual(
    [made.BackupVaultArn, made.BackupVaultName, made.NumberOfRecoveryPoints, made.Locked],
    [arn, BackupVaultName, 0, false],
  );
  await backup.send(new UntagResourceCommand({ ResourceArn: arn, TagKeyList: ['old'] }));
  await backup.send(new TagResourceCommand({ ResourceArn: arn, Tags: { Name: 'other' } }));
  assert.deepEqual(await tagsOf(arn), { Name: 'other' });
  const days = { MinRetentionDays: 7, MaxRetentionDays: 1200, ChangeableForDays: 3 };
  await backup.send(new PutBackupVaultLockConfigurationCommand({ BackupVaultName, ...days }));
  const locked = await describeVault(BackupVaultName);
  assert.deepEqual(
    [locked.Locked, locked.MinRetentionDays, locked.MaxRetentionDays],
    [true, 7, 1200],
  );
  assert.ok(locked.LockDate, 'changeable_for_days is kept in the state: the date is there');
  await backup.send(new DeleteBackupVaultLockConfigurationCommand({ BackupVaultName }));
  assert.equal((await describeVault(BackupVaultName)).Locked, false);
  // `force_destroy` goes through what is in it first.
  const pages = paginateListRecoveryPointsByBackupVault({ client: backup }, { BackupVaultName });
  for await (const { RecoveryPoints = [] } of pages) assert.deepEqual(RecoveryPoints, []);
  await backup.send(new DeleteBackupVaultCommand({ BackupVaultName }));
  await assert.rejects(describeVault(BackupVaultName), gone);
});

test('aws_backup_vault with a kms_key_arn is refused by the name of the member', async () => {
  const EncryptionKeyArn =
    'arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555';
  const asked = { BackupVaultName: 'sealed', EncryptionKeyArn, BackupVaultTags: {} };
  await assert.rejects(backup.send(new CreateBackupVaultCommand(asked)), /EncryptionKeyArn/);
  await assert.rejects(describeVault('sealed'), gone);
});

test('aws_backup_plan and aws_backup_selection: made, read, changed and destroyed', async () => {
  await makeVault('plans');
  const copies = await makeVault('copies');
  const rule = {
    RuleName: 'daily',
    TargetBackupVaultName: 'plans',
    ScheduleExpression: 'cron(0 5 ? * * *)',
    ScheduleExpressionTimezone: 'Etc/UTC',
    StartWindowMinutes: 60,
    CompletionWindowMinutes: 180,
    EnableContinuousBackup: false,
    RecoveryPointTags: {},
  };
  const plan = { BackupPlanName: 'all', Rules: [rule], AdvancedBackupSettings: [] };
  const made = await backup.send(
    new CreateBackupPlanCommand({ BackupPlan: plan, BackupPlanTags: { a: 'b' } }),
  );
  const { BackupPlanId = '', BackupPlanArn, VersionId } = made;
  const read = await backup.send(new GetBackupPlanCommand({ BackupPlanId }));
  const [{ RuleId, ...said } = {}] = read.BackupPlan?.Rules ?? [];
  const { EnableContinuousBackup: _, ...expected } = rule;
  assert.deepEqual(said, expected);
  assert.deepEqual([read.BackupPlanArn, read.VersionId], [BackupPlanArn, VersionId]);
  assert.ok(RuleId);
  assert.deepEqual(await tagsOf(BackupPlanArn), { a: 'b' });
  const Lifecycle = { DeleteAfterDays: 14 };
  const CopyActions = [{ DestinationBackupVaultArn: copies, Lifecycle }];
  const changed = { ...plan, Rules: [{ ...rule, Lifecycle, CopyActions }] };
  await backup.send(new UpdateBackupPlanCommand({ BackupPlanId, BackupPlan: changed }));
  const after = await backup.send(new GetBackupPlanCommand({ BackupPlanId }));
  assert.deepEqual(after.BackupPlan?.Rules?.[0]?.CopyActions, CopyActions);
  assert.notEqual(after.VersionId, VersionId);

  const selection = {
    SelectionName: 'tagged',
    IamRoleArn: iamRoleArn,
    Resources: [],
    NotResources: [],
    ListOfTags: [
      { ConditionType: 'STRINGEQUALS' as const, ConditionKey: 'backup', ConditionValue: 'yes' },
    ],
    Conditions: {},
  };
  const { SelectionId = '' } = await backup.send(
    new CreateBackupSelectionCommand({ BackupPlanId, BackupSelection: selection }),
  );
  const readSelection = () =>
    backup.send(new GetBackupSelectionCommand({ BackupPlanId, SelectionId }));
  const { BackupSelection: told } = await readSelection();
  assert.deepEqual(
    [told?.SelectionName, told?.IamRoleArn, told?.ListOfTags],
    ['tagged', iamRoleArn, selection.ListOfTags],
  );
  // It is tried again where it says so.
  const deleted = () => backup.send(new DeleteBackupPlanCommand({ BackupPlanId }));
  await assert.rejects(deleted(), {
    name: 'InvalidRequestException',
    message: /Related backup plan selections must be deleted prior to backup plan deletion/,
  });
  await backup.send(new DeleteBackupSelectionCommand({ BackupPlanId, SelectionId }));
  await assert.rejects(readSelection(), gone);
  await deleted();
  await assert.rejects(backup.send(new GetBackupPlanCommand({ BackupPlanId })), gone);
});

test('aws_dlm_lifecycle_policy: made, read, changed and destroyed', async () => {
  const schedule = {
    Name: '2 weeks of daily snapshots',
    CopyTags: false,
    CreateRule: { Interval: 24, IntervalUnit: 'HOURS' as const, Times: ['23:45'] },
    RetainRule: { Count: 14 },
    TagsToAdd: [{ Key: 'SnapshotCreator', Value: 'DLM' }],
    VariableTags: [],
  };
  const PolicyDetails = {
    PolicyType: 'EBS_SNAPSHOT_MANAGEMENT' as const,
    PolicyLanguage: 'STANDARD' as const,
    ResourceTypes: ['VOLUME' as const],
    TargetTags: [{ Key: 'Snapshot', Value: 'true' }],
    Schedules: [schedule],
  };
  const { PolicyId = '' } = await dlm.send(
    new dlmSdk.CreateLifecyclePolicyCommand({
      Description: 'example DLM lifecycle policy',
      ExecutionRoleArn: iamRoleArn,
      State: 'ENABLED',
      PolicyDetails,
      Tags: { Name: 'daily' },
    }),
  );
  const read = async () =>
    (await dlm.send(new dlmSdk.GetLifecyclePolicyCommand({ PolicyId }))).Policy;
  const made = await read();
  assert.deepEqual(
    [made?.Description, made?.ExecutionRoleArn, made?.State, made?.Tags],
    ['example DLM lifecycle policy', iamRoleArn, 'ENABLED', { Name: 'daily' }],
  );
  const [told] = made?.PolicyDetails?.Schedules ?? [];
  assert.deepEqual(
    [told?.Name, told?.CreateRule?.Interval, told?.CreateRule?.Times, told?.RetainRule?.Count],
    [schedule.Name, 24, ['23:45'], 14],
  );
  assert.deepEqual(told?.TagsToAdd, schedule.TagsToAdd);
  assert.equal(made?.PolicyDetails?.Parameters, undefined, 'an empty one is a change at each plan');
  const Schedules = [{ ...schedule, RetainRule: { Interval: 3, IntervalUnit: 'DAYS' as const } }];
  await dlm.send(
    new dlmSdk.UpdateLifecyclePolicyCommand({
      PolicyId,
      PolicyDetails: { ...PolicyDetails, Schedules },
      State: 'DISABLED',
    }),
  );
  const ResourceArn = made?.PolicyArn ?? '';
  await dlm.send(new dlmSdk.UntagResourceCommand({ ResourceArn, TagKeys: ['Name'] }));
  await dlm.send(new dlmSdk.TagResourceCommand({ ResourceArn, Tags: { by: 'terraform' } }));
  const changed = await read();
  assert.deepEqual(
    [changed?.State, changed?.Tags, changed?.PolicyDetails?.Schedules?.[0]?.RetainRule?.Interval],
    ['DISABLED', { by: 'terraform' }, 3],
  );
  await dlm.send(new dlmSdk.DeleteLifecyclePolicyCommand({ PolicyId }));
  await assert.rejects(read(), gone);
});
