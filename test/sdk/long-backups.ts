/** For the paginators: more of each of AWS Backup's nouns than a page has. */
import * as sdk from '@aws-sdk/client-backup';
import { CreateVolumeCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { until } from '../support/until.ts';

const count = 6;
const each = Array.from({ length: count }, (_, index) => index);
const IamRoleArn = 'arn:aws:iam::111122223333:role/backup';
const BackupVaultName = 'pages-0';

export interface LongBackups {
  backupPlanId: string;
  legalHoldId: string;
  /** With as many recovery points, most of them copies. */
  resourceArn: string;
  vaultArn: string;
  vaultName: string;
  testingPlanName: string;
}

export async function makeLongBackups(
  backup: sdk.BackupClient,
  ec2: EC2Client,
): Promise<LongBackups> {
  const BackupVaultTags = Object.fromEntries(each.map((number) => [`tag-${number}`, `${number}`]));
  const vaults: string[] = [];
  for (const number of each) {
    const BackupVaultName = `pages-${number}`;
    const order = new sdk.CreateBackupVaultCommand({ BackupVaultName, BackupVaultTags });
    vaults.push((await backup.send(order)).BackupVaultArn ?? '');
  }
  const [vaultArn = '', copiesArn = ''] = vaults;
  const backupPlanId = await makePlans(backup);
  const testingPlanName = await makeTestingPlans(backup);
  const points = await makePoints(backup, ec2, vaultArn.split(':')[4] ?? '');
  const RecoveryPointSelection = { VaultNames: [BackupVaultName] };
  const hold = { Title: 'pages', Description: 'all', RecoveryPointSelection };
  let legalHoldId = '';
  for (const _ of each) {
    const made = await backup.send(new sdk.CreateLegalHoldCommand(hold));
    legalHoldId = made.LegalHoldId ?? '';
  }
  const [RecoveryPointArn = ''] = points.ofEach;
  for (const _ of each) {
    const from = { RecoveryPointArn, SourceBackupVaultName: BackupVaultName, IamRoleArn };
    const to = { ...from, DestinationBackupVaultArn: copiesArn };
    await backup.send(new sdk.StartCopyJobCommand(to));
    const Metadata = { availabilityZone: 'us-east-1a' };
    const restore = { RecoveryPointArn, Metadata, IamRoleArn };
    await backup.send(new sdk.StartRestoreJobCommand(restore));
  }
  await until('the copies', async () => {
    const { CopyJobs = [] } = await backup.send(new sdk.ListCopyJobsCommand());
    return CopyJobs.every(({ State }) => State === 'COMPLETED');
  });
  const vaultName = BackupVaultName;
  const { resourceArn } = points;
  return { backupPlanId, legalHoldId, resourceArn, vaultArn, vaultName, testingPlanName };
}

/** The last has as many versions and selections. */
async function makePlans(backup: sdk.BackupClient): Promise<string> {
  const BackupPlan = {
    BackupPlanName: 'pages',
    Rules: [{ RuleName: 'yearly', TargetBackupVaultName: BackupVaultName }],
  };
  let BackupPlanId = '';
  for (const _ of each) {
    const made = await backup.send(new sdk.CreateBackupPlanCommand({ BackupPlan }));
    BackupPlanId = made.BackupPlanId ?? '';
  }
  for (const number of each) {
    await backup.send(new sdk.UpdateBackupPlanCommand({ BackupPlanId, BackupPlan }));
    const Resources = ['arn:aws:ec2:*:*:volume/vol-none'];
    const BackupSelection = { SelectionName: `pages-${number}`, IamRoleArn, Resources };
    const order = { BackupPlanId, BackupSelection };
    await backup.send(new sdk.CreateBackupSelectionCommand(order));
  }
  return BackupPlanId;
}

/** The first has as many selections. */
async function makeTestingPlans(backup: sdk.BackupClient): Promise<string> {
  for (const number of each) {
    const RestoreTestingPlan: sdk.RestoreTestingPlanForCreate = {
      RestoreTestingPlanName: `pages_${number}`,
      ScheduleExpression: 'cron(0 5 1 1 ? *)',
      RecoveryPointSelection: {
        Algorithm: 'LATEST_WITHIN_WINDOW',
        IncludeVaults: ['*'],
        RecoveryPointTypes: ['SNAPSHOT'],
      },
    };
    await backup.send(new sdk.CreateRestoreTestingPlanCommand({ RestoreTestingPlan }));
  }
  for (const number of each) {
    const RestoreTestingSelection = {
      RestoreTestingSelectionName: `pages_${number}`,
      IamRoleArn,
      ProtectedResourceType: 'EC2',
      ProtectedResourceArns: ['*'],
    };
    const order = { RestoreTestingPlanName: 'pages_0', RestoreTestingSelection };
    await backup.send(new sdk.CreateRestoreTestingSelectionCommand(order));
  }
  return 'pages_0';
}

/** Of as many volumes one each. */
async function makePoints(backup: sdk.BackupClient, ec2: EC2Client, account: string) {
  const volumes: string[] = [];
  for (const _ of each) {
    const order = new CreateVolumeCommand({ AvailabilityZone: 'us-east-1a', Size: 1 });
    volumes.push((await ec2.send(order)).VolumeId ?? '');
  }
  const arns = volumes.map((id) => `arn:aws:ec2:us-east-1:${account}:volume/${id}`);
  const [resourceArn = ''] = arns;
  const ofEach: string[] = [];
  for (const ResourceArn of arns) {
    const order = new sdk.StartBackupJobCommand({ BackupVaultName, ResourceArn, IamRoleArn });
    ofEach.push((await backup.send(order)).RecoveryPointArn ?? '');
  }
  await until('the backups', async () => {
    const { BackupJobs = [] } = await backup.send(new sdk.ListBackupJobsCommand());
    return BackupJobs.every(({ State }) => State === 'COMPLETED');
  });
  return { ofEach, resourceArn };
}
