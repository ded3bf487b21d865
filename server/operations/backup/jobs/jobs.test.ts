/** Backup jobs as they are ordered, told and listed; their ends are in tasks/backup-jobs.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deregisterImage } from '../../ec2/images/DeregisterImage.ts';
import { deleteSnapshot } from '../../ec2/snapshots/DeleteSnapshot.ts';
import { createTags } from '../../ec2/tags/CreateTags.ts';
import {
  finishBackup,
  iamRoleArn,
  makeJob,
  makeMachine,
  makePoint,
  makeVault,
  makeVolumeArn,
} from '../../test-backups.ts';
import { createTestContext } from '../../test-context.ts';
import { describeRecoveryPoint } from '../points/DescribeRecoveryPoint.ts';
import { listRecoveryPointsByBackupVault } from '../points/ListRecoveryPointsByBackupVault.ts';
import { describeBackupJob } from './DescribeBackupJob.ts';
import { listBackupJobs } from './ListBackupJobs.ts';
import { startBackupJob } from './StartBackupJob.ts';

const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

test('a job of a machine is an image of all its volumes, and names what it is of', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  const instanceId = idOf(ResourceArn);
  const tags = [{ Key: 'Name', Value: 'web' }];
  await createTags.run({ Resources: [instanceId], Tags: tags }, context);
  const BackupVaultName = await makeVault(context, 'nightly');
  const asked = { ResourceArn, BackupVaultName, RecoveryPointTags: { keep: 'long' } };
  const { BackupJobId, RecoveryPointArn } = await makeJob(context, asked);
  assert.match(RecoveryPointArn, /^arn:aws:ec2:us-east-1::image\/ami-[0-9a-f]{17}$/);
  const image = await context.catalog.read(({ images }) => images.get(idOf(RecoveryPointArn)));
  assert.equal(image?.name, `AwsBackup_${instanceId}_${BackupJobId}`);
  assert.equal(image?.blockDeviceMappings.length, 2);
  assert.deepEqual(image?.backup, { sourceId: instanceId, jobId: BackupJobId });
  const { Name, keep, 'aws:backup:source-resource': source } = image?.tags ?? {};
  assert.deepEqual([Name, keep, source], ['web', 'long', `${instanceId}:${BackupJobId}`]);
  const job = await describeBackupJob.run({ BackupJobId }, context);
  const { State, ResourceType, ResourceName, BackupSizeInBytes, PercentDone } = job;
  assert.deepEqual(
    [State, ResourceType, ResourceName, PercentDone],
    ['RUNNING', 'EC2', 'web', '0.0'],
  );
  assert.equal(job.IamRoleArn, iamRoleArn);
  const sizes = image?.blockDeviceMappings.map(({ ebs }) => ebs.volumeSizeGiB) ?? [];
  assert.equal(BackupSizeInBytes, sizes.reduce((sum, each) => sum + each, 0) * 1024 ** 3);
  const before = await describeRecoveryPoint.run({ BackupVaultName, RecoveryPointArn }, context);
  assert.equal(before.Status, 'CREATING');
  await finishBackup(context, RecoveryPointArn);
  const after = await describeRecoveryPoint.run({ BackupVaultName, RecoveryPointArn }, context);
  assert.deepEqual([after.Status, after.StorageClass], ['AVAILABLE', 'WARM']);
  const ended = await describeBackupJob.run({ BackupJobId }, context);
  assert.deepEqual([ended.State, ended.PercentDone], ['COMPLETED', '100.0']);
  assert.deepEqual(ended.CompletionDate, context.now);
});

test('a job of a volume is a snapshot of it', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeVolumeArn(context);
  const { RecoveryPointArn } = await makeJob(context, { ResourceArn });
  assert.match(RecoveryPointArn, /^arn:aws:ec2:us-east-1::snapshot\/snap-/);
  const snapshot = await context.catalog.read(({ snapshots }) =>
    snapshots.get(idOf(RecoveryPointArn)),
  );
  assert.equal(snapshot?.volumeId, idOf(ResourceArn));
});

test('a token orders one job', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  const asked = { ResourceArn, IdempotencyToken: 'once' };
  const first = await makeJob(context, asked);
  assert.deepEqual(await makeJob(context, asked), first);
  const other = makeJob(context, { ...asked, RecoveryPointTags: { a: 'b' } });
  await assert.rejects(other, { code: 'IdempotentParameterMismatch' });
  const { BackupJobs = [] } = await listBackupJobs.run({}, context);
  assert.equal(BackupJobs.length, 1);
});

test('what is not there, or not the caller’s, is not backed up', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  const other = await context.asNewAccount();
  const code = 'ResourceNotFoundException';
  await assert.rejects(makeJob(other, { ResourceArn }), { code });
  await assert.rejects(makeJob(context, { ResourceArn: `${ResourceArn}0` }), { code });
  const elsewhere = ResourceArn.replace('us-east-1', 'eu-west-1');
  await assert.rejects(makeJob(context, { ResourceArn: elsewhere }), { code });
  await assert.rejects(makeJob(context, { ResourceArn, BackupVaultName: 'none' }), { code });
  const wrong = makeJob(context, { ResourceArn: 'arn:aws:s3:::bucket' });
  await assert.rejects(wrong, { code: 'InvalidParameterValueException' });
  context.measures = { ...context.measures, freeDiskBytes: 0 };
  const BackupVaultName = 'Default';
  const full = { BackupVaultName, ResourceArn, IamRoleArn: iamRoleArn };
  await assert.rejects(startBackupJob.run(full, context), { code: 'InsufficientVolumeCapacity' });
});

test('jobs and recovery points are found by each thing that they have', async () => {
  await using context = await createTestContext();
  const machine = await makePoint(context, { BackupVaultName: await makeVault(context, 'one') });
  context.now = new Date(context.now.getTime() + 60_000);
  const ResourceArn = await makeVolumeArn(context);
  const volume = await makeJob(context, { ResourceArn, BackupVaultName: 'one' });
  const between = new Date(context.now.getTime() - 30_000);
  const jobs = async (asked: object) => {
    const { BackupJobs = [] } = await listBackupJobs.run(asked, context);
    return BackupJobs.map(({ BackupJobId }) => BackupJobId);
  };
  const { account } = context.caller;
  for (const asked of [
    { ByState: 'COMPLETED' },
    { ByResourceArn: machine.ResourceArn },
    { ByResourceType: 'EC2' },
    { ByCreatedBefore: between },
    { ByCompleteBefore: between },
  ]) {
    assert.deepEqual(await jobs(asked), [machine.BackupJobId], JSON.stringify(asked));
  }
  for (const asked of [{ ByState: 'RUNNING' }, { ByCreatedAfter: between }]) {
    assert.deepEqual(await jobs(asked), [volume.BackupJobId], JSON.stringify(asked));
  }
  assert.equal((await jobs({ ByBackupVaultName: 'one', ByAccountId: account })).length, 2);
  // Nothing would look as if there were no jobs in the whole organization.
  const list = listBackupJobs.run({ ByAccountId: '*' }, context);
  await assert.rejects(list, { code: 'InvalidParameterValueException', message: /organization/ });
  for (const asked of [{ ByBackupVaultName: 'two' }, { ByCompleteAfter: between }]) {
    assert.deepEqual(await jobs(asked), [], JSON.stringify(asked));
  }
  const points = async (asked: object) => {
    const of = { BackupVaultName: 'one', ...asked };
    const { RecoveryPoints = [] } = await listRecoveryPointsByBackupVault.run(of, context);
    return RecoveryPoints.map(({ RecoveryPointArn }) => RecoveryPointArn);
  };
  assert.equal((await points({})).length, 2);
  for (const asked of [
    { ByResourceArn: machine.ResourceArn },
    { ByResourceType: 'EC2' },
    { ByCreatedBefore: between },
  ]) {
    assert.deepEqual(await points(asked), [machine.RecoveryPointArn], JSON.stringify(asked));
  }
  assert.deepEqual(await points({ ByCreatedAfter: between }), [volume.RecoveryPointArn]);
  const { RecoveryPointArn } = machine;
  const elsewhere = describeRecoveryPoint.run(
    { BackupVaultName: 'Default', RecoveryPointArn },
    context,
  );
  await assert.rejects(elsewhere, { code: 'ResourceNotFoundException' });
});

test('EC2 deletes no recovery point, be it pending or there, and says who does', async () => {
  await using context = await createTestContext();
  const machine = await makePoint(context);
  const ImageId = idOf(machine.RecoveryPointArn);
  await assert.rejects(deregisterImage.run({ ImageId }, context), { code: 'AuthFailure' });
  const pending = await makeJob(context, { ResourceArn: await makeVolumeArn(context) });
  const SnapshotId = idOf(pending.RecoveryPointArn);
  for (const finish of [false, true]) {
    if (finish) await finishBackup(context, pending.RecoveryPointArn);
    await assert.rejects(deleteSnapshot.run({ SnapshotId }, context), {
      code: 'InvalidParameterValue',
      message: /AWS Backup/,
    });
  }
});
