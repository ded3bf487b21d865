/** How long recovery points are kept, and who ends them: their owner, lifecycle, lock and hold. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { removeExpiredPoints } from '../../../domain/backups/remove-points.ts';
import { deregisterImage } from '../../ec2/images/DeregisterImage.ts';
import { lockSnapshot } from '../../ec2/snapshots/LockSnapshot.ts';
import { makeJob, makeMachine, makePoint, makeVault, makeVolumeArn } from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { cancelLegalHold } from '../holds/CancelLegalHold.ts';
import { createLegalHold } from '../holds/CreateLegalHold.ts';
import { getLegalHold } from '../holds/GetLegalHold.ts';
import { listLegalHolds } from '../holds/ListLegalHolds.ts';
import { listRecoveryPointsByLegalHold } from '../holds/ListRecoveryPointsByLegalHold.ts';
import { describeBackupJob } from '../jobs/DescribeBackupJob.ts';
import { stopBackupJob } from '../jobs/StopBackupJob.ts';
import { deleteBackupVaultLockConfiguration } from '../vaults/DeleteBackupVaultLockConfiguration.ts';
import { describeBackupVault } from '../vaults/DescribeBackupVault.ts';
import { putBackupVaultLockConfiguration } from '../vaults/PutBackupVaultLockConfiguration.ts';
import { deleteRecoveryPoint } from './DeleteRecoveryPoint.ts';
import { describeProtectedResource } from './DescribeProtectedResource.ts';
import { describeRecoveryPoint } from './DescribeRecoveryPoint.ts';
import { listProtectedResources } from './ListProtectedResources.ts';
import { listRecoveryPointsByResource } from './ListRecoveryPointsByResource.ts';
import { updateRecoveryPointLifecycle } from './UpdateRecoveryPointLifecycle.ts';

const dayMs = 24 * 60 * 60_000;
const BackupVaultName = 'nightly';
const refused = { code: 'InvalidRequestException' };
const inState = { code: 'InvalidResourceStateException' };
const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

let context: TestContext;
afterEach(() => context[Symbol.asyncDispose]());
beforeEach(async () => {
  context = await createTestContext();
  await makeVault(context, BackupVaultName);
});

function pass(days: number): void {
  context.now = new Date(context.now.getTime() + days * dayMs);
}

const image = (arn: string) => context.catalog.read(({ images }) => images.get(idOf(arn)));

function point(of: object = {}) {
  return makePoint(context, { BackupVaultName, ...of });
}

function named({ RecoveryPointArn }: { RecoveryPointArn: string }) {
  return { BackupVaultName, RecoveryPointArn };
}

test('a recovery point goes with its image and snapshots, and what is told of its resource', async () => {
  const ResourceArn = await makeMachine(context);
  const first = await point({ ResourceArn });
  pass(1);
  const second = await point({ ResourceArn });
  const told = await describeProtectedResource.run({ ResourceArn }, context);
  assert.equal(told.LastRecoveryPointArn, second.RecoveryPointArn);
  const { RecoveryPoints = [] } = await listRecoveryPointsByResource.run({ ResourceArn }, context);
  assert.equal(RecoveryPoints.length, 2);
  await deleteRecoveryPoint.run(named(second), context);
  assert.equal(await image(second.RecoveryPointArn), undefined);
  const { Results: [only] = [] } = await listProtectedResources.run({}, context);
  assert.equal(only?.LastRecoveryPointArn, first.RecoveryPointArn);
  await deleteRecoveryPoint.run(named(first), context);
  assert.deepEqual((await listProtectedResources.run({}, context)).Results, []);
  const code = 'ResourceNotFoundException';
  await assert.rejects(describeProtectedResource.run({ ResourceArn }, context), { code });
  await assert.rejects(deleteRecoveryPoint.run(named(first), context), { code });
  const left = await context.catalog.read(({ snapshots }) => snapshots.list());
  assert.ok(left.every(({ backup, tags }) => !backup && !tags['aws:backup:source-resource']));
});

test('one that is being made is stopped by its job, and nothing is left of it', async () => {
  const job = await makeJob(context, { BackupVaultName });
  await assert.rejects(deleteRecoveryPoint.run(named(job), context), inState);
  const { BackupJobId } = job;
  await stopBackupJob.run({ BackupJobId }, context);
  assert.equal((await describeBackupJob.run({ BackupJobId }, context)).State, 'ABORTED');
  assert.equal(await image(job.RecoveryPointArn), undefined);
  const [task] = await context.catalog.read(({ tasks }) =>
    tasks.list({ where: { subject: idOf(job.RecoveryPointArn) } }),
  );
  assert.equal(task?.cancelled, true);
  await assert.rejects(stopBackupJob.run({ BackupJobId }, context), refused);
});

test('a lifecycle ends a recovery point, but never the last good one', async () => {
  const ResourceArn = await makeMachine(context);
  const old = await point({ ResourceArn, Lifecycle: { DeleteAfterDays: 7 } });
  const told = await describeRecoveryPoint.run(named(old), context);
  assert.deepEqual(told.Lifecycle, { DeleteAfterDays: 7 });
  const end = new Date(context.now.getTime() + 7 * dayMs);
  assert.deepEqual(told.CalculatedLifecycle, { DeleteAt: end });
  pass(7);
  await removeExpiredPoints(context.catalog, context.now);
  assert.equal((await describeRecoveryPoint.run(named(old), context)).Status, 'EXPIRED');
  const young = await point({ ResourceArn });
  pass(1);
  await removeExpiredPoints(context.catalog, context.now);
  assert.equal(await image(old.RecoveryPointArn), undefined);
  assert.ok(await image(young.RecoveryPointArn));
});

test('a lifecycle is changed, and taken away', async () => {
  const made = await point({ Lifecycle: { DeleteAfterDays: 7 } });
  const change = (DeleteAfterDays: number) =>
    updateRecoveryPointLifecycle.run({ ...named(made), Lifecycle: { DeleteAfterDays } }, context);
  assert.equal((await change(9)).Lifecycle?.DeleteAfterDays, 9);
  assert.equal((await change(-1)).Lifecycle, undefined);
  for (const days of [0, -2, 40_000, 1.5]) {
    await assert.rejects(change(days), { code: 'InvalidParameterValueException' });
  }
});

test('a locked vault gives nothing away before its time, to nobody', async () => {
  const ResourceArn = await makeVolumeArn(context);
  const old = await point({ ResourceArn, Lifecycle: { DeleteAfterDays: 30 } });
  const lock = { BackupVaultName, MinRetentionDays: 7, MaxRetentionDays: 60, ChangeableForDays: 3 };
  await putBackupVaultLockConfiguration.run(lock, context);
  const told = await describeBackupVault.run({ BackupVaultName }, context);
  assert.deepEqual([told.Locked, told.MinRetentionDays, told.MaxRetentionDays], [true, 7, 60]);
  assert.deepEqual(told.LockDate, new Date(context.now.getTime() + 3 * dayMs));
  await assert.rejects(deleteRecoveryPoint.run(named(old), context), refused);
  const Lifecycle = { DeleteAfterDays: 1 };
  const shorter = updateRecoveryPointLifecycle.run({ ...named(old), Lifecycle }, context);
  await assert.rejects(shorter, refused);
  for (const DeleteAfterDays of [6, 61, -1]) {
    const job = makeJob(context, { BackupVaultName, Lifecycle: { DeleteAfterDays } });
    await assert.rejects(job, { code: 'InvalidParameterValueException' }, `${DeleteAfterDays}`);
  }
  await point({ ResourceArn, Lifecycle: { DeleteAfterDays: 60 } });
  // Its cooling-off: who has it may still take it away.
  pass(2);
  await deleteBackupVaultLockConfiguration.run({ BackupVaultName }, context);
  await putBackupVaultLockConfiguration.run(lock, context);
  pass(3);
  assert.ok(context.caller.operator, 'also an operator');
  const change = { BackupVaultName, MinRetentionDays: 1 };
  await assert.rejects(putBackupVaultLockConfiguration.run(change, context), refused);
  const unlock = deleteBackupVaultLockConfiguration.run({ BackupVaultName }, context);
  await assert.rejects(unlock, refused);
  await assert.rejects(deleteRecoveryPoint.run(named(old), context), refused);
  for (const days of [30, 1]) {
    pass(days);
    await removeExpiredPoints(context.catalog, context.now);
  }
  const gone = describeRecoveryPoint.run(named(old), context);
  await assert.rejects(gone, { code: 'ResourceNotFoundException' });
});

test('a lock without a date is taken away at any time, and has sensible days', async () => {
  const lock = (change: object) =>
    putBackupVaultLockConfiguration.run({ BackupVaultName, ...change }, context);
  await lock({ MinRetentionDays: 7 });
  const made = await point();
  pass(400);
  await assert.rejects(deleteRecoveryPoint.run(named(made), context), refused);
  await deleteBackupVaultLockConfiguration.run({ BackupVaultName }, context);
  await deleteRecoveryPoint.run(named(made), context);
  const code = 'InvalidParameterValueException';
  for (const wrong of [
    { MinRetentionDays: 0 },
    { MinRetentionDays: 8, MaxRetentionDays: 7 },
    { MaxRetentionDays: 36_501 },
    { ChangeableForDays: 2 },
  ]) {
    await assert.rejects(lock(wrong), { code }, JSON.stringify(wrong));
  }
});

test('a legal hold keeps what it is for from everybody, until it is cancelled', async () => {
  const held = await point({ Lifecycle: { DeleteAfterDays: 1 } });
  const other = await makePoint(context);
  const { LegalHoldId = '' } = await createLegalHold.run(
    {
      Title: 'Case 7',
      Description: 'All that is nightly',
      RecoveryPointSelection: {
        VaultNames: [BackupVaultName],
        ResourceIdentifiers: [held.ResourceArn],
        DateRange: { FromDate: new Date(0), ToDate: new Date(context.now.getTime() + dayMs) },
      },
    },
    context,
  );
  const { RecoveryPoints = [] } = await listRecoveryPointsByLegalHold.run({ LegalHoldId }, context);
  const arns = RecoveryPoints.map(({ RecoveryPointArn }) => RecoveryPointArn);
  assert.deepEqual(arns, [held.RecoveryPointArn]);
  await assert.rejects(deleteRecoveryPoint.run(named(held), context), refused);
  await point({ ResourceArn: held.ResourceArn });
  pass(2);
  await removeExpiredPoints(context.catalog, context.now);
  assert.ok(await image(held.RecoveryPointArn), 'past its lifecycle as well');
  const { RecoveryPointArn } = other;
  await deleteRecoveryPoint.run({ BackupVaultName: 'Default', RecoveryPointArn }, context);
  const cancel = { LegalHoldId, CancelDescription: 'Settled', RetainRecordInDays: 30 };
  await cancelLegalHold.run(cancel, context);
  const told = await getLegalHold.run({ LegalHoldId }, context);
  const { LegalHolds: [listed] = [] } = await listLegalHolds.run({}, context);
  assert.deepEqual([listed?.LegalHoldId, listed?.Status], [LegalHoldId, 'CANCELED']);
  assert.deepEqual([told.Status, told.CancelDescription], ['CANCELED', 'Settled']);
  assert.deepEqual(told.RetainRecordUntil, new Date(context.now.getTime() + 30 * dayMs));
  await assert.rejects(cancelLegalHold.run(cancel, context), inState);
  await deleteRecoveryPoint.run(named(held), context);
});

test('a snapshot that is locked, or an image that is protected, keeps its recovery point', async () => {
  const volume = await point({ ResourceArn: await makeVolumeArn(context) });
  const SnapshotId = idOf(volume.RecoveryPointArn);
  await lockSnapshot.run({ SnapshotId, LockMode: 'governance', LockDuration: 3 }, context);
  const gone = deleteRecoveryPoint.run(named(volume), context);
  await assert.rejects(gone, { code: 'SnapshotLocked' });
  await describeRecoveryPoint.run(named(volume), context);
  const machine = await point();
  const ImageId = idOf(machine.RecoveryPointArn);
  await assert.rejects(deregisterImage.run({ ImageId }, context), { code: 'AuthFailure' });
});
