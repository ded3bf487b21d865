/** What tests of AWS Backup begin with: vaults and backups as their actions make them. */
import { instanceArn, volumeArn } from '../domain/backups/arns.ts';
import { endBackup } from '../domain/backups/jobs.ts';
import { startCopyJob } from './backup/copies/StartCopyJob.ts';
import { createLegalHold } from './backup/holds/CreateLegalHold.ts';
import { startBackupJob } from './backup/jobs/StartBackupJob.ts';
import { createBackupPlan } from './backup/plans/CreateBackupPlan.ts';
import { createBackupSelection } from './backup/plans/CreateBackupSelection.ts';
import { startRestoreJob } from './backup/restores/StartRestoreJob.ts';
import { createBackupVault } from './backup/vaults/CreateBackupVault.ts';
import type { OperationContext } from './operation.ts';
import { insertImage } from './test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from './test-instances.ts';

export const iamRoleArn = 'arn:aws:iam::111122223333:role/backup';

/** Answers its name. */
export async function makeVault(context: OperationContext, name?: string): Promise<string> {
  const BackupVaultName = name ?? context.ids.uuid();
  await createBackupVault.run({ BackupVaultName }, context);
  return BackupVaultName;
}

/** A running machine with two volumes. */
export async function makeMachine(context: OperationContext): Promise<string> {
  const { id } = await insertRunningInstance(context, await insertImage(context));
  return instanceArn({ ...context.caller, id });
}

export async function makeVolumeArn(context: OperationContext): Promise<string> {
  const { id } = await insertRunningInstance(context, await insertImage(context));
  const [volume = ''] = await attachedVolumeIds(context, id);
  return volumeArn({ ...context.caller, id: volume });
}

/** Of a machine of its own, in the default vault, unless `change` says otherwise. */
export async function makeJob(context: OperationContext, change: object = {}) {
  const { ResourceArn = await makeMachine(context) } = change as { ResourceArn?: string };
  const asked = { BackupVaultName: 'Default', IamRoleArn: iamRoleArn, ...change };
  const made = await startBackupJob.run({ ...asked, ResourceArn }, context);
  const { BackupJobId = '', RecoveryPointArn = '' } = made;
  return { BackupJobId, RecoveryPointArn, ResourceArn };
}

/** Answers its id. */
export async function makePlan(context: OperationContext, change: object = {}): Promise<string> {
  const rule = { RuleName: 'daily', TargetBackupVaultName: 'Default', ...change };
  const BackupPlan = { BackupPlanName: 'daily', Rules: [rule] };
  return (await createBackupPlan.run({ BackupPlan }, context)).BackupPlanId ?? '';
}

/** Of a plan of its own; answers both ids. */
export async function makeSelection(context: OperationContext, change: object = {}) {
  const BackupPlanId = await makePlan(context);
  const BackupSelection = { SelectionName: 'some', IamRoleArn: iamRoleArn, ...change };
  const made = await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  return { BackupPlanId, SelectionId: made.SelectionId ?? '' };
}

/** Of a vault that there may be. */
export async function makeHold(context: OperationContext): Promise<string> {
  const said = {
    Title: 'Case',
    Description: 'All',
    RecoveryPointSelection: { VaultNames: ['held'] },
  };
  return (await createLegalHold.run(said, context)).LegalHoldId ?? '';
}

/** Of a machine of its own. */
export async function makeRestore(context: OperationContext): Promise<string> {
  const { RecoveryPointArn } = await makePoint(context);
  const { RestoreJobId } = await startRestoreJob.run({ RecoveryPointArn, Metadata: {} }, context);
  return RestoreJobId ?? '';
}

/** Into a vault of its own. */
export async function makeCopyJob(context: OperationContext): Promise<string> {
  const { RecoveryPointArn } = await makePoint(context);
  const { account, region } = context.caller;
  const to = `arn:aws:backup:${region}:${account}:backup-vault:${await makeVault(context)}`;
  const asked = { SourceBackupVaultName: 'Default', IamRoleArn: iamRoleArn };
  const input = { ...asked, RecoveryPointArn, DestinationBackupVaultArn: to };
  return (await startCopyJob.run(input, context)).CopyJobId ?? '';
}

/** One that is there, as its task would have left it. */
export async function makePoint(context: OperationContext, change: object = {}) {
  const made = await makeJob(context, change);
  await finishBackup(context, made.RecoveryPointArn);
  return made;
}

export async function finishBackup({ catalog, clock }: OperationContext, arn: string) {
  await catalog.write(async (transaction) => {
    const id = arn.slice(arn.lastIndexOf('/') + 1);
    const image = await transaction.images.get(id);
    if (image) await transaction.images.update({ ...image, state: 'available' });
    const of = image?.blockDeviceMappings.map(({ ebs }) => ebs.snapshotId ?? '') ?? [id];
    for (const each of of) {
      const row = await transaction.snapshots.get(each);
      if (!row) continue;
      const completedAt = clock.now().toISOString();
      const root = 'ab'.repeat(32);
      const done = { state: 'completed', progressPercent: 100, completedAt, root } as const;
      await transaction.snapshots.update({ ...row, ...done, fullSizeBytes: 1024 });
    }
    for (const task of await transaction.tasks.list({ where: { subject: id } })) {
      await transaction.tasks.update({ ...task, state: 'succeeded' });
    }
    await endBackup(transaction, arn, clock.now());
  });
}
