/** Backup plans: what they say, what their selections choose, and what their rules do in time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '../../../foundations/log.ts';
import { lookAtVaults } from '../../../vault-rounds.ts';
import { createTags } from '../../ec2/tags/CreateTags.ts';
import {
  iamRoleArn,
  makeMachine,
  makePlan,
  makeSelection,
  makeVault,
  makeVolumeArn,
} from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { listBackupJobs } from '../jobs/ListBackupJobs.ts';
import { listRecoveryPointsByBackupVault } from '../points/ListRecoveryPointsByBackupVault.ts';
import { listTags } from '../tags/ListTags.ts';
import { tagResource } from '../tags/TagResource.ts';
import { untagResource } from '../tags/UntagResource.ts';
import { deleteBackupVault } from '../vaults/DeleteBackupVault.ts';
import { createBackupPlan } from './CreateBackupPlan.ts';
import { createBackupSelection } from './CreateBackupSelection.ts';
import { deleteBackupPlan } from './DeleteBackupPlan.ts';
import { deleteBackupSelection } from './DeleteBackupSelection.ts';
import { getBackupPlan } from './GetBackupPlan.ts';
import { getBackupSelection } from './GetBackupSelection.ts';
import { listBackupPlans } from './ListBackupPlans.ts';
import { listBackupPlanVersions } from './ListBackupPlanVersions.ts';
import { listBackupSelections } from './ListBackupSelections.ts';
import { updateBackupPlan } from './UpdateBackupPlan.ts';

const hourMs = 60 * 60_000;
const idOf = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1);

async function pass(context: TestContext, hours: number): Promise<void> {
  context.now = new Date(context.now.getTime() + hours * hourMs);
  await lookAtVaults({ ...context, orders: context.catalog, log: silentLog });
}

async function jobsOf(context: TestContext) {
  return (await listBackupJobs.run({}, context)).BackupJobs ?? [];
}

test('a plan says what it was told, changes, and goes when nothing is selected', async () => {
  await using context = await createTestContext();
  const rule = {
    RuleName: 'hourly',
    TargetBackupVaultName: 'Default',
    ScheduleExpression: 'cron(0 * * * ? *)',
    ScheduleExpressionTimezone: 'Europe/Berlin',
    StartWindowMinutes: 60,
    CompletionWindowMinutes: 180,
    Lifecycle: { DeleteAfterDays: 7 },
    RecoveryPointTags: { by: 'plan' },
  };
  const BackupPlan = { BackupPlanName: 'all', Rules: [rule] };
  const { BackupPlanId = '', VersionId } = await createBackupPlan.run({ BackupPlan }, context);
  const told = await getBackupPlan.run({ BackupPlanId }, context);
  const [{ RuleId, ...said } = {}] = told.BackupPlan?.Rules ?? [];
  assert.deepEqual(said, rule);
  const more = { BackupPlanName: 'more', Rules: [rule, { ...rule, RuleName: 'other' }] };
  const changed = await updateBackupPlan.run({ BackupPlanId, BackupPlan: more }, context);
  assert.notEqual(changed.VersionId, VersionId);
  const after = await getBackupPlan.run({ BackupPlanId }, context);
  assert.equal(after.BackupPlan?.Rules?.[0]?.RuleId, RuleId);
  const ResourceArn = told.BackupPlanArn ?? '';
  await tagResource.run({ ResourceArn, Tags: { a: '1', b: '2' } }, context);
  await untagResource.run({ ResourceArn, TagKeyList: ['a'] }, context);
  assert.deepEqual((await listTags.run({ ResourceArn }, context)).Tags, { b: '2' });
  const elsewhere = { ResourceArn: ResourceArn.replace('us-east-1', 'eu-west-1') };
  await assert.rejects(listTags.run(elsewhere, context), { code: 'ResourceNotFoundException' });
  const { BackupPlansList: [listed] = [] } = await listBackupPlans.run({}, context);
  assert.equal(listed?.BackupPlanName, 'more');
  const BackupSelection = { SelectionName: 'all', IamRoleArn: iamRoleArn };
  const selected = await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  const code = 'InvalidRequestException';
  await assert.rejects(deleteBackupPlan.run({ BackupPlanId }, context), { code });
  const selections = await listBackupSelections.run({ BackupPlanId }, context);
  const SelectionId = selections.BackupSelectionsList?.[0]?.SelectionId ?? '';
  assert.equal(SelectionId, selected.SelectionId);
  await deleteBackupSelection.run({ BackupPlanId, SelectionId }, context);
  await deleteBackupPlan.run({ BackupPlanId }, context);
  await assert.rejects(getBackupPlan.run({ BackupPlanId }, context), {
    code: 'ResourceNotFoundException',
  });
});

test('each change makes a version, and all of them can be read', async () => {
  await using context = await createTestContext();
  const BackupPlanId = await makePlan(context);
  const rule = { RuleName: 'daily', TargetBackupVaultName: 'Default' };
  const versions = [(await getBackupPlan.run({ BackupPlanId }, context)).VersionId];
  for (const BackupPlanName of ['second', 'third']) {
    context.now = new Date(context.now.getTime() + hourMs);
    const BackupPlan = { BackupPlanName, Rules: [rule] };
    versions.push((await updateBackupPlan.run({ BackupPlanId, BackupPlan }, context)).VersionId);
  }
  const listed: (string | undefined)[] = [];
  let NextToken: string | undefined;
  do {
    const asked = { BackupPlanId, MaxResults: 1, NextToken };
    const page = await listBackupPlanVersions.run(asked, context);
    listed.push(...(page.BackupPlanVersionsList ?? []).map(({ VersionId }) => VersionId));
    ({ NextToken } = page);
  } while (NextToken !== undefined);
  assert.deepEqual(listed, versions);
  const [first, second] = versions;
  const names = ['daily', 'second', 'third'];
  for (const [index, VersionId] of [first, second, undefined].entries()) {
    const told = await getBackupPlan.run({ BackupPlanId, VersionId }, context);
    assert.equal(told.BackupPlan?.BackupPlanName, names[index]);
    assert.equal(told.VersionId, versions[index]);
  }
  const other = await makePlan(context);
  await assert.rejects(getBackupPlan.run({ BackupPlanId: other, VersionId: first }, context), {
    code: 'ResourceNotFoundException',
  });
  await deleteBackupPlan.run({ BackupPlanId }, context);
  const left = await context.catalog.read(({ formerPlans }) => formerPlans.count());
  assert.equal(left, 0);
});

test('the next runs of all rules are told in their order', async () => {
  await using context = await createTestContext();
  context.now = new Date('2030-05-01T12:00:00Z');
  const rule = { TargetBackupVaultName: 'Default' };
  const Rules = [
    { ...rule, RuleName: 'six', ScheduleExpression: 'cron(0 */6 * * ? *)' },
    { ...rule, RuleName: 'daily', ScheduleExpression: 'cron(0 1 * * ? *)' },
  ];
  const BackupPlan = { BackupPlanName: 'two', Rules };
  const { BackupPlanId = '' } = await createBackupPlan.run({ BackupPlan }, context);
  const told = await getBackupPlan.run({ BackupPlanId, MaxScheduledRunsPreview: 4 }, context);
  assert.deepEqual(
    told.ScheduledRunsPreview?.map(({ ExecutionTime }) =>
      ExecutionTime?.toISOString().slice(8, 13),
    ),
    ['01T18', '02T00', '02T01', '02T06'],
  );
  const [six, daily] = told.BackupPlan?.Rules ?? [];
  assert.deepEqual(
    told.ScheduledRunsPreview?.map(({ RuleId }) => RuleId),
    [six, six, daily, six].map((each) => each?.RuleId),
  );
  for (const MaxScheduledRunsPreview of [-1, 11]) {
    const wrong = getBackupPlan.run({ BackupPlanId, MaxScheduledRunsPreview }, context);
    await assert.rejects(wrong, { code: 'InvalidParameterValueException' });
  }
});

test('a rule without a vault, a time or a name of its own is refused', async () => {
  await using context = await createTestContext();
  const code = 'InvalidParameterValueException';
  await assert.rejects(makePlan(context, { RuleName: 'a b' }), { code });
  for (const ScheduleExpression of ['daily', 'cron(0 3 * * *)']) {
    const message = /six fields.*such as 0 3 \* \* \? \*/;
    await assert.rejects(makePlan(context, { ScheduleExpression }), {
      ...{ code: 'InvalidParameterValue', message },
    });
  }
  await assert.rejects(makePlan(context, { ScheduleExpressionTimezone: 'Mars' }), {
    ...{ code: 'InvalidParameterValue', message: "'Mars' is no time zone." },
  });
  await assert.rejects(makePlan(context, { TargetBackupVaultName: 'none' }), {
    code: 'ResourceNotFoundException',
  });
  await assert.rejects(makeSelection(context, { Resources: ['i-1'] }), { code });
  for (const none of ['arn:aws:rds:us-east-1:123456789012:db:shop', 'arn:aws:s3:::*']) {
    const message = /neither an instance nor a volume/;
    await assert.rejects(makeSelection(context, { Resources: [none] }), { code, message });
    await makeSelection(context, { Resources: ['*', 'arn:aws:*'], NotResources: [none] });
  }
});

test('at its times a rule backs up what is selected, once, and once for all that was missed', async () => {
  await using context = await createTestContext();
  const [chosen, other] = [await makeMachine(context), await makeMachine(context)];
  await createTags.run(
    { Resources: [idOf(chosen)], Tags: [{ Key: 'backup', Value: 'daily' }] },
    context,
  );
  const tag = { ConditionType: 'STRINGEQUALS' as const, ConditionKey: 'backup' };
  const { BackupPlanId } = await makeSelection(context, {
    ListOfTags: [{ ...tag, ConditionValue: 'daily' }],
  });
  await pass(context, 1);
  assert.deepEqual(await jobsOf(context), []);
  // Five in the morning is past.
  await pass(context, 19);
  await pass(context, 0);
  const [job, ...more] = await jobsOf(context);
  assert.equal(more.length, 0);
  assert.deepEqual([job?.ResourceArn, job?.State], [chosen, 'RUNNING']);
  assert.equal(job?.CreatedBy?.BackupPlanId, BackupPlanId);
  assert.equal(job?.CreatedBy?.BackupRuleCron, 'cron(0 5 ? * * *)');
  const found = await listRecoveryPointsByBackupVault.run(
    { BackupVaultName: 'Default', ByBackupPlanId: BackupPlanId },
    context,
  );
  assert.equal(found.RecoveryPoints?.length, 1);
  await pass(context, 24 * 9);
  assert.equal((await jobsOf(context)).length, 2, 'not once for each day');
  assert.ok((await jobsOf(context)).every(({ ResourceArn }) => ResourceArn !== other));
});

test('a rule in Europe/Berlin is done at five there, on both sides of a change of the clocks', async () => {
  await using context = await createTestContext();
  for (const [friday, times] of [
    // Summer time begins on 28 March 2027, and ends on 31 October.
    ['2027-03-26', ['27T04:00', '28T03:00', '29T03:00']],
    ['2027-10-29', ['30T03:00', '31T04:00', '01T04:00']],
  ] as const) {
    context.now = new Date(`${friday}T12:00:00Z`);
    const BackupPlanId = await makePlan(context, {
      ScheduleExpression: 'cron(0 5 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Berlin',
    });
    const Resources = [await makeMachine(context)];
    const BackupSelection = { SelectionName: 'one', IamRoleArn: iamRoleArn, Resources };
    const { SelectionId = '' } = await createBackupSelection.run(
      { BackupPlanId, BackupSelection },
      context,
    );
    for (let hour = 0; hour < 3 * 24; hour++) await pass(context, 1);
    const made = (await jobsOf(context)).filter(({ ResourceArn }) => ResourceArn === Resources[0]);
    assert.deepEqual(
      made.map(({ CreationDate }) => CreationDate?.toISOString().slice(8, 16)),
      times,
    );
    const points = await context.catalog.read(({ recoveryPoints }) => recoveryPoints.list());
    assert.equal(points.filter(({ resourceArn }) => resourceArn === Resources[0]).length, 3);
    await deleteBackupSelection.run({ BackupPlanId, SelectionId }, context);
    await deleteBackupPlan.run({ BackupPlanId }, context);
  }
});

test('what cannot be backed up at its time is a job that failed and says why', async () => {
  await using context = await createTestContext();
  const TargetBackupVaultName = await makeVault(context, 'going');
  const BackupPlanId = await makePlan(context, { TargetBackupVaultName });
  const BackupSelection = {
    SelectionName: 'one',
    IamRoleArn: iamRoleArn,
    Resources: [await makeMachine(context)],
  };
  await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  await deleteBackupVault.run({ BackupVaultName: TargetBackupVaultName }, context);
  await pass(context, 24);
  const [job] = await jobsOf(context);
  assert.equal(job?.State, 'FAILED');
  assert.match(job?.StatusMessage ?? '', /going does not exist/);
});

test('selections choose by ARNs, tags and conditions, and leave out', async () => {
  await using context = await createTestContext();
  const machine = await makeMachine(context);
  const volume = await makeVolumeArn(context);
  await createTags.run(
    { Resources: [idOf(machine), idOf(volume)], Tags: [{ Key: 'stage', Value: 'production' }] },
    context,
  );
  const chosen = async (selection: object) => {
    const { BackupPlanId } = await makeSelection(context, selection);
    await pass(context, 24);
    const jobs = (await jobsOf(context)).filter(
      ({ CreatedBy }) => CreatedBy?.BackupPlanId === BackupPlanId,
    );
    const [only] =
      (await listBackupSelections.run({ BackupPlanId }, context)).BackupSelectionsList ?? [];
    const SelectionId = only?.SelectionId ?? '';
    await getBackupSelection.run({ BackupPlanId, SelectionId }, context);
    await deleteBackupSelection.run({ BackupPlanId, SelectionId }, context);
    return jobs.map(({ ResourceArn }) => ResourceArn);
  };
  const condition = (ConditionValue: string) => [
    { ConditionKey: 'aws:ResourceTag/stage', ConditionValue },
  ];
  const instances = ['arn:aws:ec2:*:*:instance/*'];
  assert.deepEqual(await chosen({ Resources: [volume] }), [volume]);
  const like = { StringLike: condition('prod*') };
  assert.deepEqual(await chosen({ Resources: instances, Conditions: like }), [machine]);
  const both = { StringEquals: condition('production'), StringNotLike: condition('*duct*') };
  assert.deepEqual(await chosen({ Resources: ['*'], Conditions: both }), []);
  const equal = { StringEquals: condition('production') };
  assert.deepEqual(await chosen({ Conditions: equal, NotResources: instances }), [volume]);
  const others = { StringNotEquals: condition('production') };
  const rest = await chosen({ Conditions: others });
  assert.ok(rest.length > 0 && !rest.includes(machine) && !rest.includes(volume));
});
