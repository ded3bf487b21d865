/**
 * Copies of recovery points: what is ordered and told, and what is refused. Ends:
 * tasks/copy-jobs.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeExpiredPoints } from '../../../domain/backups/remove-points.ts';
import { silentLog } from '../../../foundations/log.ts';
import { lookAtVaults } from '../../../vault-rounds.ts';
import { createTags } from '../../ec2/tags/CreateTags.ts';
import type { OperationContext } from '../../operation.ts';
import {
  finishBackup,
  iamRoleArn,
  makeJob,
  makeMachine,
  makePlan,
  makePoint,
  makeVault,
  makeVolumeArn,
} from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { createBackupSelection } from '../plans/CreateBackupSelection.ts';
import { getBackupPlan } from '../plans/GetBackupPlan.ts';
import { describeProtectedResource } from '../points/DescribeProtectedResource.ts';
import { describeRecoveryPoint } from '../points/DescribeRecoveryPoint.ts';
import { listRecoveryPointsByBackupVault } from '../points/ListRecoveryPointsByBackupVault.ts';
import { listRecoveryPointsByResource } from '../points/ListRecoveryPointsByResource.ts';
import { deleteBackupVault } from '../vaults/DeleteBackupVault.ts';
import { putBackupVaultLockConfiguration } from '../vaults/PutBackupVaultLockConfiguration.ts';
import { describeCopyJob } from './DescribeCopyJob.ts';
import { listCopyJobs } from './ListCopyJobs.ts';
import { startCopyJob } from './StartCopyJob.ts';

const dayMs = 24 * 60 * 60_000;
const invalid = { code: 'InvalidParameterValueException' };
const missing = { code: 'ResourceNotFoundException' };
const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

function arnOf({ caller }: OperationContext, name: string): string {
  return `arn:aws:backup:${caller.region}:${caller.account}:backup-vault:${name}`;
}

/** Of a point of the default vault, unless `change` says otherwise. */
async function copied(context: OperationContext, change: object) {
  const asked = { SourceBackupVaultName: 'Default', IamRoleArn: iamRoleArn };
  const input = { RecoveryPointArn: '', DestinationBackupVaultArn: '', ...asked, ...change };
  const { CopyJobId = '' } = await startCopyJob.run(input, context);
  const told = await describeCopyJob.run({ CopyJobId }, context);
  return told.CopyJob ?? assert.fail();
}

function pointIn(context: OperationContext, BackupVaultName: string, RecoveryPointArn = '') {
  return describeRecoveryPoint.run({ BackupVaultName, RecoveryPointArn }, context);
}

async function pass(context: TestContext, hours: number): Promise<void> {
  context.now = new Date(context.now.getTime() + (hours * dayMs) / 24);
  await lookAtVaults({ ...context, orders: context.catalog, log: silentLog });
}

test('a copy in another region is an image of all volumes, as old as its original', async () => {
  await using context = await createTestContext();
  const there = context.as({ region: 'eu-west-1' });
  await makeVault(there, 'far');
  const ResourceArn = await makeMachine(context);
  const tags = [{ Key: 'Name', Value: 'web' }];
  await createTags.run({ Resources: [idOf(ResourceArn)], Tags: tags }, context);
  const lifecycle = { Lifecycle: { DeleteAfterDays: 40 } };
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn, ...lifecycle });
  const original = await pointIn(context, 'Default', RecoveryPointArn);
  context.now = new Date(context.now.getTime() + 3 * dayMs);
  const asked = { RecoveryPointArn, DestinationBackupVaultArn: arnOf(there, 'far') };
  const job = await copied(context, asked);
  assert.deepEqual([job.State, job.ResourceType, job.ResourceName], ['RUNNING', 'EC2', 'web']);
  assert.equal(job.SourceRecoveryPointArn, RecoveryPointArn);
  assert.equal(job.SourceBackupVaultArn, arnOf(context, 'Default'));
  assert.deepEqual(job.CreationDate, context.now);
  const copyArn = job.DestinationRecoveryPointArn ?? '';
  assert.match(copyArn, /^arn:aws:ec2:eu-west-1::image\/ami-/);
  const pending = await pointIn(there, 'far', copyArn);
  assert.equal(pending.Status, 'CREATING');
  await finishBackup(context, copyArn);
  const copy = await pointIn(there, 'far', copyArn);
  assert.deepEqual([copy.Status, copy.ResourceArn], ['AVAILABLE', ResourceArn]);
  assert.equal(copy.SourceBackupVaultArn, arnOf(context, 'Default'));
  assert.deepEqual(copy.CreationDate, original.CreationDate);
  assert.deepEqual(copy.CalculatedLifecycle, original.CalculatedLifecycle);
  const image = await context.catalog.read(({ images }) => images.get(idOf(copyArn)));
  assert.equal(image?.sourceImageId, idOf(RecoveryPointArn));
  assert.equal(image?.blockDeviceMappings.length, 2);
  const { Name, 'aws:backup:source-resource': source } = image?.tags ?? {};
  assert.deepEqual([Name, source], ['web', `${idOf(ResourceArn)}:${job.CopyJobId}`]);
  assert.deepEqual(image?.backup, {
    sourceId: idOf(ResourceArn),
    jobId: job.CopyJobId,
    takenAt: original.CreationDate?.toISOString(),
  });
  const ended = await describeCopyJob.run({ CopyJobId: job.CopyJobId ?? '' }, context);
  assert.deepEqual(
    [ended.CopyJob?.State, ended.CopyJob?.CompletionDate],
    ['COMPLETED', context.now],
  );
  const { RecoveryPoints } = await listRecoveryPointsByResource.run({ ResourceArn }, there);
  assert.deepEqual(
    RecoveryPoints?.map((each) => each.RecoveryPointArn),
    [copyArn],
  );
  await assert.rejects(describeProtectedResource.run({ ResourceArn }, there), missing);
  const told = await describeProtectedResource.run({ ResourceArn }, context);
  assert.equal(told.LastRecoveryPointArn, RecoveryPointArn);
  const elsewhere = describeCopyJob.run({ CopyJobId: job.CopyJobId ?? '' }, there);
  await assert.rejects(elsewhere, missing);
});

test('a copy of a volume goes to another vault of the region, and can be copied on', async () => {
  await using context = await createTestContext();
  await makeVault(context, 'second');
  await makeVault(context, 'third');
  const ResourceArn = await makeVolumeArn(context);
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn });
  const asked = { RecoveryPointArn, DestinationBackupVaultArn: arnOf(context, 'second') };
  const job = await copied(context, { ...asked, Lifecycle: { DeleteAfterDays: 9 } });
  const arn = job.DestinationRecoveryPointArn ?? '';
  assert.match(arn, /^arn:aws:ec2:us-east-1::snapshot\/snap-/);
  const onward = { RecoveryPointArn: arn, SourceBackupVaultName: 'second' };
  const third = { ...onward, DestinationBackupVaultArn: arnOf(context, 'third') };
  await assert.rejects(copied(context, third), { code: 'InvalidRequestException' });
  await finishBackup(context, arn);
  const copy = await pointIn(context, 'second', arn);
  assert.deepEqual(copy.Lifecycle, { DeleteAfterDays: 9 });
  const again = await copied(context, third);
  const last = await pointIn(context, 'third', again.DestinationRecoveryPointArn);
  assert.equal(last.SourceBackupVaultArn, arnOf(context, 'second'));
  assert.deepEqual(last.Lifecycle, { DeleteAfterDays: 9 }, 'as its original');
  const told = await describeProtectedResource.run({ ResourceArn }, context);
  assert.equal(told.LastRecoveryPointArn, RecoveryPointArn);
});

test('a token orders one copy', async () => {
  await using context = await createTestContext();
  const there = context.as({ region: 'eu-west-1' });
  const { RecoveryPointArn } = await makePoint(context);
  const DestinationBackupVaultArn = arnOf(there, 'Default');
  const asked = { RecoveryPointArn, DestinationBackupVaultArn, IdempotencyToken: 'once' };
  const first = await copied(context, asked);
  assert.equal((await copied(context, asked)).CopyJobId, first.CopyJobId);
  const other = copied(context, { ...asked, Lifecycle: { DeleteAfterDays: 2 } });
  await assert.rejects(other, { code: 'IdempotentParameterMismatch' });
  assert.equal((await listCopyJobs.run({}, context)).CopyJobs?.length, 1);
});

test('what is not there, not ready, or against the lock of the other vault is not copied', async () => {
  await using context = await createTestContext();
  const there = context.as({ region: 'eu-west-1' });
  const { RecoveryPointArn } = await makePoint(context);
  const DestinationBackupVaultArn = arnOf(there, 'Default');
  const good = { RecoveryPointArn, DestinationBackupVaultArn };
  const to = (arn: string) => copied(context, { ...good, DestinationBackupVaultArn: arn });
  await assert.rejects(to(arnOf(there, 'none')), missing);
  await assert.rejects(to(arnOf(await context.asNewAccount(), 'Default')), missing);
  await assert.rejects(to(arnOf(context.as({ region: 'mars-1' }), 'Default')), invalid);
  await assert.rejects(to('arn:aws:s3:::bucket'), invalid);
  await assert.rejects(to(arnOf(context, 'Default')), { code: 'InvalidRequestException' });
  await assert.rejects(copied(context, { ...good, SourceBackupVaultName: 'none' }), missing);
  await assert.rejects(copied(context, { ...good, RecoveryPointArn: 'none' }), missing);
  const pending = await makeJob(context);
  const early = { ...good, RecoveryPointArn: pending.RecoveryPointArn };
  await assert.rejects(copied(context, early), { code: 'InvalidRequestException' });
  await makeVault(there, 'locked');
  const lock = { BackupVaultName: 'locked', MinRetentionDays: 30 };
  await putBackupVaultLockConfiguration.run(lock, there);
  const locked = { ...good, DestinationBackupVaultArn: arnOf(there, 'locked') };
  const short = copied(context, { ...locked, Lifecycle: { DeleteAfterDays: 7 } });
  await assert.rejects(short, { ...invalid, message: /locked/ });
  await copied(context, { ...locked, Lifecycle: { DeleteAfterDays: 30 } });
  context.now = new Date(context.now.getTime() + 10 * dayMs);
  const over = copied(context, { ...good, Lifecycle: { DeleteAfterDays: 10 } });
  await assert.rejects(over, { ...invalid, message: /over/ });
  context.measures = { ...context.measures, freeDiskBytes: 0 };
  await assert.rejects(copied(context, good), { code: 'InsufficientVolumeCapacity' });
  assert.equal((await listCopyJobs.run({}, context)).CopyJobs?.length, 1);
});

test('a copy of an older backup is not the last good one', async () => {
  await using context = await createTestContext();
  await makeVault(context, 'second');
  const ResourceArn = await makeVolumeArn(context);
  const older = await makePoint(context, { ResourceArn });
  context.now = new Date(context.now.getTime() + dayMs);
  const newest = await makePoint(context, { ResourceArn, Lifecycle: { DeleteAfterDays: 1 } });
  context.now = new Date(context.now.getTime() + dayMs / 2);
  const to = { DestinationBackupVaultArn: arnOf(context, 'second') };
  const { DestinationRecoveryPointArn: copy = '' } = await copied(context, { ...older, ...to });
  await finishBackup(context, copy);
  context.now = new Date(context.now.getTime() + dayMs);
  await removeExpiredPoints(context.catalog, context.now);
  assert.equal((await pointIn(context, 'Default', newest.RecoveryPointArn)).Status, 'EXPIRED');
});

test('copy jobs are found by each thing that they have', async () => {
  await using context = await createTestContext();
  const there = context.as({ region: 'eu-west-1' });
  await makeVault(context, 'second');
  const machine = await makePoint(context);
  const second = arnOf(context, 'second');
  const far = arnOf(there, 'Default');
  const first = await copied(context, { ...machine, DestinationBackupVaultArn: far });
  await finishBackup(context, first.DestinationRecoveryPointArn ?? '');
  context.now = new Date(context.now.getTime() + 60_000);
  const volume = await makePoint(context, { ResourceArn: await makeVolumeArn(context) });
  const other = await copied(context, { ...volume, DestinationBackupVaultArn: second });
  const between = new Date(context.now.getTime() - 30_000);
  const found = async (asked: object) => {
    const { CopyJobs = [] } = await listCopyJobs.run(asked, context);
    return CopyJobs.map(({ CopyJobId }) => CopyJobId);
  };
  const { account } = context.caller;
  assert.equal((await found({ ByAccountId: account })).length, 2);
  for (const asked of [
    { ByState: 'COMPLETED' },
    { ByResourceArn: machine.ResourceArn },
    { ByResourceType: 'EC2' },
    { ByDestinationVaultArn: far },
    { BySourceRecoveryPointArn: machine.RecoveryPointArn },
    { ByCreatedBefore: between },
    { ByCompleteBefore: between },
  ]) {
    assert.deepEqual(await found(asked), [first.CopyJobId], JSON.stringify(asked));
  }
  for (const asked of [{ ByState: 'RUNNING' }, { ByCreatedAfter: between }]) {
    assert.deepEqual(await found(asked), [other.CopyJobId], JSON.stringify(asked));
  }
  for (const asked of [{ ByAccountId: '999999999999' }, { ByCompleteAfter: between }]) {
    assert.deepEqual(await found(asked), [], JSON.stringify(asked));
  }
  const page = await listCopyJobs.run({ MaxResults: 1 }, context);
  assert.equal(page.CopyJobs?.length, 1);
  const rest = await listCopyJobs.run({ NextToken: page.NextToken }, context);
  assert.equal(rest.CopyJobs?.length, 1);
});

test('what a rule makes is copied once it is there, and what cannot be says why', async () => {
  await using context = await createTestContext();
  const there = context.as({ region: 'eu-west-1' });
  for (const name of ['far', 'going']) await makeVault(there, name);
  const [far, going] = [arnOf(there, 'far'), arnOf(there, 'going')];
  const CopyActions = [
    { DestinationBackupVaultArn: far, Lifecycle: { DeleteAfterDays: 90 } },
    { DestinationBackupVaultArn: going },
  ];
  const BackupPlanId = await makePlan(context, { CopyActions });
  const told = await getBackupPlan.run({ BackupPlanId }, context);
  assert.deepEqual(told.BackupPlan?.Rules[0]?.CopyActions, [
    CopyActions[0],
    { ...CopyActions[1], Lifecycle: undefined },
  ]);
  for (const arn of [arnOf(there, 'none'), arnOf(await context.asNewAccount(), 'Default')]) {
    const wrong = makePlan(context, { CopyActions: [{ DestinationBackupVaultArn: arn }] });
    await assert.rejects(wrong, missing);
  }
  const Resources = [await makeMachine(context)];
  const BackupSelection = { SelectionName: 'one', IamRoleArn: iamRoleArn, Resources };
  await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  await deleteBackupVault.run({ BackupVaultName: 'going' }, there);
  await pass(context, 24);
  await pass(context, 1);
  assert.deepEqual((await listCopyJobs.run({}, context)).CopyJobs, [], 'nothing is there yet');
  const { RecoveryPoints: [made] = [] } = await listRecoveryPointsByBackupVault.run(
    { BackupVaultName: 'Default' },
    context,
  );
  await finishBackup(context, made?.RecoveryPointArn ?? '');
  await pass(context, 1);
  await pass(context, 1);
  const { CopyJobs = [] } = await listCopyJobs.run({}, context);
  const [good, bad] = [far, going].map((arn) =>
    CopyJobs.find(({ DestinationBackupVaultArn }) => DestinationBackupVaultArn === arn),
  );
  assert.equal(CopyJobs.length, 2, 'each once');
  assert.equal(good?.CreatedBy?.BackupPlanId, BackupPlanId);
  assert.match(good?.CreatedByBackupJobId ?? '', /-/);
  assert.deepEqual([bad?.State, bad?.DestinationRecoveryPointArn], ['FAILED', undefined]);
  assert.match(bad?.StatusMessage ?? '', /going does not exist/);
  const copy = await pointIn(there, 'far', good?.DestinationRecoveryPointArn);
  assert.deepEqual(copy.Lifecycle, { DeleteAfterDays: 90 });
  assert.match(copy.CreatedBy?.BackupPlanArn ?? '', /^arn:aws:backup:us-east-1:/);
});
