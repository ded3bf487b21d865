/** Start and completion windows of backup jobs: what waits, what comes too late, what takes too long. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../foundations/log.ts';
import { lookAtVaults } from '../../../vault-rounds.ts';
import { createTags } from '../../ec2/tags/CreateTags.ts';
import { iamRoleArn, makeJob, makeMachine, makePlan } from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { moveInstance } from '../../test-instances.ts';
import { createBackupSelection } from '../plans/CreateBackupSelection.ts';
import { getBackupPlan } from '../plans/GetBackupPlan.ts';
import { describeBackupJob } from './DescribeBackupJob.ts';
import { listBackupJobs } from './ListBackupJobs.ts';
import { startBackupJob } from './StartBackupJob.ts';
import { stopBackupJob } from './StopBackupJob.ts';

const minuteMs = 60_000;
const invalid = { code: 'InvalidParameterValueException' };
const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

async function at(context: TestContext, time: string): Promise<void> {
  context.now = new Date(time);
  await lookAtVaults({ ...context, orders: context.catalog, log: silentLog });
}

async function pass(context: TestContext, minutes: number): Promise<void> {
  await at(context, new Date(context.now.getTime() + minutes * minuteMs).toISOString());
}

/** Backs up one machine each hour, or as `rule` says, from the first of May at noon on. */
async function plannedMachine(context: TestContext, rule: object = {}) {
  context.now = new Date('2030-05-01T12:00:00Z');
  const ScheduleExpression = 'cron(0 5 * * ? *)';
  const BackupPlanId = await makePlan(context, { ScheduleExpression, ...rule });
  const machine = await makeMachine(context);
  const Resources = [machine];
  const BackupSelection = { SelectionName: 'one', IamRoleArn: iamRoleArn, Resources };
  await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  return { BackupPlanId, machine };
}

async function jobsOf(context: TestContext) {
  return (await listBackupJobs.run({}, context)).BackupJobs ?? [];
}

async function imagesOf({ catalog }: TestContext) {
  const { images } = await catalog.read(async (reader) => ({ images: await reader.images.list() }));
  return images.filter(({ backup }) => backup !== undefined);
}

function told(context: TestContext, BackupJobId: string) {
  return describeBackupJob.run({ BackupJobId }, context);
}

test('windows are as AWS’s where none are said', async () => {
  await using context = await createTestContext();
  const { BackupPlanId } = await plannedMachine(context);
  const { BackupPlan } = await getBackupPlan.run({ BackupPlanId }, context);
  const { StartWindowMinutes, CompletionWindowMinutes } = BackupPlan?.Rules[0] ?? {};
  assert.deepEqual([StartWindowMinutes, CompletionWindowMinutes], [480, 7 * 24 * 60]);
  const asked = { BackupVaultName: 'Default', IamRoleArn: iamRoleArn };
  const job = { ...asked, ResourceArn: await makeMachine(context) };
  const wrong: { StartWindowMinutes?: number; CompletionWindowMinutes?: number }[] = [
    { StartWindowMinutes: 59 },
    { StartWindowMinutes: 52_560_001 },
    { StartWindowMinutes: 60.5 },
    { StartWindowMinutes: 120, CompletionWindowMinutes: 120 },
    { CompletionWindowMinutes: 0 },
  ];
  for (const windows of wrong) {
    await assert.rejects(makePlan(context, windows), invalid, JSON.stringify(windows));
    const { StartWindowMinutes, CompletionWindowMinutes: CompleteWindowMinutes } = windows;
    const input = { ...job, StartWindowMinutes, CompleteWindowMinutes };
    await assert.rejects(startBackupJob.run(input, context), invalid, JSON.stringify(windows));
  }
});

test('a job whose start window passed while Imago was down is EXPIRED and makes nothing', async () => {
  await using context = await createTestContext();
  await plannedMachine(context, { StartWindowMinutes: 60 });
  await at(context, '2030-05-03T06:00:00Z');
  const [job, ...more] = await jobsOf(context);
  assert.deepEqual([job?.State, job?.RecoveryPointArn, more.length], ['EXPIRED', undefined, 0]);
  assert.deepEqual(job?.StartBy, new Date('2030-05-02T06:00:00Z'));
  assert.match(job?.StatusMessage ?? '', /start window ended/);
  assert.deepEqual(await imagesOf(context), []);
  // That of the next day is done.
  await at(context, '2030-05-04T05:00:00Z');
  assert.equal((await imagesOf(context)).length, 1);
});

test('of several times that were missed the last one counts, if its window is open', async () => {
  await using context = await createTestContext();
  await plannedMachine(context, { StartWindowMinutes: 60 });
  await at(context, '2030-05-09T05:59:00Z');
  const [job, ...more] = await jobsOf(context);
  assert.deepEqual([job?.State, more.length], ['RUNNING', 0]);
  assert.deepEqual(job?.StartBy, new Date('2030-05-09T06:00:00Z'));
});

test('what has no state for it is tried again until its window ends', async () => {
  await using context = await createTestContext();
  const { machine } = await plannedMachine(context, { StartWindowMinutes: 60 });
  await moveInstance(context, idOf(machine), { state: 'stopping' });
  await at(context, '2030-05-02T05:00:00Z');
  const [job] = await jobsOf(context);
  const id = job?.BackupJobId ?? '';
  assert.equal(job?.State, 'CREATED');
  assert.match(job?.StatusMessage ?? '', /is stopping/);
  await moveInstance(context, idOf(machine), { state: 'stopped' });
  const Tags = [{ Key: 'Name', Value: 'late' }];
  await createTags.run({ Resources: [idOf(machine)], Tags }, context);
  await pass(context, 9);
  assert.equal((await told(context, id)).State, 'CREATED');
  await pass(context, 1);
  const begun = await told(context, id);
  assert.deepEqual([begun.State, begun.StatusMessage], ['RUNNING', undefined]);
  assert.equal(begun.ResourceName, 'late');
  assert.equal((await imagesOf(context)).length, 1);
  await moveInstance(context, idOf(machine), { state: 'stopping' });
  await at(context, '2030-05-03T05:00:00Z');
  await pass(context, 55);
  await pass(context, 4);
  const waiting = (await jobsOf(context)).filter(({ State }) => State === 'CREATED');
  assert.equal(waiting.length, 1);
  await pass(context, 1);
  const over = await told(context, waiting[0]?.BackupJobId ?? '');
  assert.equal(over.State, 'EXPIRED');
  assert.match(over.StatusMessage ?? '', /is stopping.*start window ended/);
  await assert.rejects(stopBackupJob.run({ BackupJobId: over.BackupJobId ?? '' }, context), {
    code: 'InvalidRequestException',
  });
});

test('a job that somebody starts waits, too, and can be stopped before it begins', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  await moveInstance(context, idOf(ResourceArn), { state: 'stopping' });
  const asked = { ResourceArn, StartWindowMinutes: 90, IdempotencyToken: 'once' };
  const { BackupJobId } = await makeJob(context, { ...asked, RecoveryPointTags: { keep: 'long' } });
  const again = await makeJob(context, { ...asked, RecoveryPointTags: { keep: 'long' } });
  assert.equal(again.BackupJobId, BackupJobId);
  const first = await told(context, BackupJobId);
  assert.deepEqual([first.State, first.RecoveryPointArn], ['CREATED', undefined]);
  assert.deepEqual(first.StartBy, new Date(context.now.getTime() + 90 * minuteMs));
  await moveInstance(context, idOf(ResourceArn), { state: 'stopped' });
  await pass(context, 10);
  assert.equal((await told(context, BackupJobId)).State, 'RUNNING');
  assert.equal((await imagesOf(context))[0]?.tags.keep, 'long');
  await moveInstance(context, idOf(ResourceArn), { state: 'pending' });
  const second = await makeJob(context, { ResourceArn });
  await stopBackupJob.run({ BackupJobId: second.BackupJobId }, context);
  assert.equal((await told(context, second.BackupJobId)).State, 'ABORTED');
  await moveInstance(context, idOf(ResourceArn), { state: 'stopped' });
  await pass(context, 10);
  assert.equal((await imagesOf(context)).length, 1);
});

test('who starts a job says when it is to be complete, however late it begins', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeMachine(context);
  await moveInstance(context, idOf(ResourceArn), { state: 'stopping' });
  const asked = { ResourceArn, StartWindowMinutes: 60, CompleteWindowMinutes: 90 };
  const { BackupJobId } = await makeJob(context, asked);
  await pass(context, 45);
  await moveInstance(context, idOf(ResourceArn), { state: 'stopped' });
  await pass(context, 10);
  assert.equal((await told(context, BackupJobId)).State, 'RUNNING');
  await pass(context, 34);
  assert.equal((await told(context, BackupJobId)).State, 'RUNNING');
  await pass(context, 1);
  assert.equal((await told(context, BackupJobId)).State, 'ABORTED');
});

test('a job that is not complete when its window ends is ABORTED, and leaves nothing', async () => {
  await using context = await createTestContext();
  const windows = { StartWindowMinutes: 60, CompletionWindowMinutes: 120 };
  await plannedMachine(context, windows);
  await at(context, '2030-05-02T05:30:00Z');
  const ResourceArn = await makeMachine(context);
  const byHand = await makeJob(context, { ResourceArn, CompleteWindowMinutes: 90 });
  await at(context, '2030-05-02T07:00:00Z');
  const ended = await told(context, byHand.BackupJobId);
  assert.equal(ended.State, 'ABORTED');
  assert.match(ended.StatusMessage ?? '', /completion window/);
  assert.equal((await imagesOf(context)).length, 1);
  await at(context, '2030-05-02T07:30:00Z');
  const states = (await jobsOf(context)).map(({ State }) => State);
  assert.deepEqual(states, ['ABORTED', 'ABORTED']);
  assert.deepEqual(await imagesOf(context), []);
  const { points, snapshots } = await context.catalog.read(async (reader) => ({
    points: await reader.recoveryPoints.list(),
    snapshots: (await reader.snapshots.list()).filter(({ state }) => state === 'pending'),
  }));
  assert.deepEqual([points, snapshots], [[], []]);
});
