/** Restore testing: plans, what their runs test, and whose verdict counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concludeDrill } from '../../../domain/drills/drills.ts';
import { beginDueTests, endValidations } from '../../../domain/drills/restore-testing.ts';
import { describeDrills } from '../../imago/DescribeDrills.ts';
import { putDrillChecks } from '../../imago/PutDrillChecks.ts';
import type { OperationContext } from '../../operation.ts';
import { iamRoleArn, makePoint, makeVolumeArn } from '../../test-backups.ts';
import { createTestContext } from '../../test-context.ts';
import { describeRestoreJob } from '../restores/DescribeRestoreJob.ts';
import { getRestoreJobMetadata } from '../restores/GetRestoreJobMetadata.ts';
import { listRestoreJobs } from '../restores/ListRestoreJobs.ts';
import { startRestoreJob } from '../restores/StartRestoreJob.ts';
import { listTags } from '../tags/ListTags.ts';
import { createRestoreTestingPlan } from './CreateRestoreTestingPlan.ts';
import { createRestoreTestingSelection } from './CreateRestoreTestingSelection.ts';
import { deleteRestoreTestingPlan } from './DeleteRestoreTestingPlan.ts';
import { deleteRestoreTestingSelection } from './DeleteRestoreTestingSelection.ts';
import { getRestoreTestingInferredMetadata } from './GetRestoreTestingInferredMetadata.ts';
import { getRestoreTestingPlan } from './GetRestoreTestingPlan.ts';
import { getRestoreTestingSelection } from './GetRestoreTestingSelection.ts';
import { listRestoreTestingPlans } from './ListRestoreTestingPlans.ts';
import { listRestoreTestingSelections } from './ListRestoreTestingSelections.ts';
import { putRestoreValidationResult } from './PutRestoreValidationResult.ts';
import { updateRestoreTestingPlan } from './UpdateRestoreTestingPlan.ts';
import { updateRestoreTestingSelection } from './UpdateRestoreTestingSelection.ts';

const RestoreTestingPlanName = 'nightly';
const RestoreTestingSelectionName = 'machines';
const points = {
  Algorithm: 'LATEST_WITHIN_WINDOW',
  IncludeVaults: ['arn:aws:backup:*:*:backup-vault:Def*'],
  RecoveryPointTypes: ['SNAPSHOT'],
} as const;
const plan = {
  RestoreTestingPlanName,
  ScheduleExpression: 'cron(0 5 ? * * *)',
  RecoveryPointSelection: {
    ...points,
    RecoveryPointTypes: ['SNAPSHOT' as const],
    IncludeVaults: [...points.IncludeVaults],
  },
};
const RestoreTestingSelection = {
  RestoreTestingSelectionName,
  IamRoleArn: iamRoleArn,
  ProtectedResourceType: 'EC2',
  ProtectedResourceArns: ['*'],
};

async function make(context: OperationContext, more: object = {}): Promise<void> {
  await createRestoreTestingPlan.run({ RestoreTestingPlan: plan }, context);
  const selection = { ...RestoreTestingSelection, ...more };
  const asked = { RestoreTestingPlanName, RestoreTestingSelection: selection };
  await createRestoreTestingSelection.run(asked, context);
}

/** As the round does it when the time of the plan has come. */
async function runTests(context: OperationContext): Promise<void> {
  const { catalog, clock, ids, site } = context;
  await catalog.write(async ({ restoreTestingPlans }) => {
    for (const row of await restoreTestingPlans.list()) {
      const nextRunAt = clock.now().toISOString();
      await restoreTestingPlans.update({ ...row, nextRunAt, nextLookAt: nextRunAt });
    }
  });
  await beginDueTests(catalog, { clock, ids, hostId: site.hostId });
}

async function onlyJob(context: OperationContext) {
  const { RestoreJobs = [] } = await listRestoreJobs.run({}, context);
  assert.equal(RestoreJobs.length, 1);
  return describeRestoreJob.run({ RestoreJobId: RestoreJobs[0]?.RestoreJobId ?? '' }, context);
}

async function conclude(context: OperationContext, state: 'passed' | 'failed' | 'error') {
  await context.catalog.write(async (transaction) => {
    for (const { id } of await transaction.drills.list({ where: { state: 'running' } })) {
      const endedAt = context.clock.now().toISOString();
      await concludeDrill(transaction, id, { state, endedAt, reason: 'why' });
    }
  });
}

test('one that is asked for once more is the one that there is, with its tags', async () => {
  await using context = await createTestContext();
  const asked = { RestoreTestingPlan: plan, CreatorRequestId: 'r', Tags: { a: 'b' } };
  const { RestoreTestingPlanArn: ResourceArn = '' } = await createRestoreTestingPlan.run(
    asked,
    context,
  );
  await createRestoreTestingPlan.run(asked, context);
  assert.deepEqual((await listTags.run({ ResourceArn }, context)).Tags, { a: 'b' });
  const order = { RestoreTestingPlanName, RestoreTestingSelection, CreatorRequestId: 'r' };
  await createRestoreTestingSelection.run(order, context);
  await createRestoreTestingSelection.run(order, context);
  const other = { ...order, CreatorRequestId: 's' };
  await assert.rejects(createRestoreTestingSelection.run(other, context), {
    code: 'AlreadyExistsException',
  });
});

test('types of recovery points are told as they were said, as Terraform compares them', async () => {
  await using context = await createTestContext();
  for (const [index, types] of [['SNAPSHOT'], ['CONTINUOUS', 'SNAPSHOT']].entries()) {
    const RecoveryPointTypes = types as ('CONTINUOUS' | 'SNAPSHOT')[];
    const RestoreTestingPlan = {
      ...plan,
      RestoreTestingPlanName: `plan${index}`,
      RecoveryPointSelection: { ...plan.RecoveryPointSelection, RecoveryPointTypes },
    };
    await createRestoreTestingPlan.run({ RestoreTestingPlan }, context);
    const { RestoreTestingPlanName } = RestoreTestingPlan;
    const got = await getRestoreTestingPlan.run({ RestoreTestingPlanName }, context);
    assert.deepEqual(got.RestoreTestingPlan.RecoveryPointSelection?.RecoveryPointTypes, types);
  }
});

test('plans and selections are made, told, changed and deleted', async () => {
  await using context = await createTestContext();
  await make(context, { ValidationWindowHours: 3 });
  const { RestoreTestingPlan: got } = await getRestoreTestingPlan.run(
    { RestoreTestingPlanName },
    context,
  );
  assert.equal(got?.StartWindowHours, 24);
  assert.equal(got?.RecoveryPointSelection?.SelectionWindowDays, 30);
  const changed = { StartWindowHours: 2, ScheduleExpression: 'cron(0 6 ? * * *)' };
  const update = { ...changed, ScheduleExpressionTimezone: 'Europe/Zurich' };
  await updateRestoreTestingPlan.run(
    { RestoreTestingPlanName, RestoreTestingPlan: update },
    context,
  );
  const [listed] = (await listRestoreTestingPlans.run({}, context)).RestoreTestingPlans ?? [];
  assert.equal(listed?.ScheduleExpressionTimezone, 'Europe/Zurich');
  assert.equal(listed?.StartWindowHours, 2);
  const named = { RestoreTestingPlanName, RestoreTestingSelectionName };
  const overrides = { InstanceType: 't3.nano', 'imago:checks': '[{"Port":22}]' };
  await updateRestoreTestingSelection.run(
    { ...named, RestoreTestingSelection: { RestoreMetadataOverrides: overrides } },
    context,
  );
  const { RestoreTestingSelection: selection } = await getRestoreTestingSelection.run(
    named,
    context,
  );
  assert.deepEqual(selection?.RestoreMetadataOverrides, overrides);
  assert.deepEqual(
    [selection?.ValidationWindowHours, selection?.ProtectedResourceArns],
    [3, ['*']],
  );
  const all = await listRestoreTestingSelections.run({ RestoreTestingPlanName }, context);
  assert.equal(all.RestoreTestingSelections?.length, 1);
  await assert.rejects(deleteRestoreTestingPlan.run({ RestoreTestingPlanName }, context), {
    code: 'InvalidRequestException',
  });
  await deleteRestoreTestingSelection.run(named, context);
  await deleteRestoreTestingPlan.run({ RestoreTestingPlanName }, context);
  await assert.rejects(getRestoreTestingPlan.run({ RestoreTestingPlanName }, context), {
    code: 'ResourceNotFoundException',
  });
});

test('what cannot be tested is refused', async () => {
  await using context = await createTestContext();
  const refused = { code: 'InvalidParameterValueException' };
  const { RecoveryPointSelection } = plan;
  for (const wrong of [
    { RestoreTestingPlanName: 'a-b' },
    { ScheduleExpression: 'rate(1 day)' },
    { ScheduleExpressionTimezone: 'Moon/North' },
    { StartWindowHours: 169 },
    { RecoveryPointSelection: { ...RecoveryPointSelection, IncludeVaults: [] } },
    {
      RecoveryPointSelection: {
        ...RecoveryPointSelection,
        RecoveryPointTypes: ['CONTINUOUS' as const],
      },
    },
    { RecoveryPointSelection: { ...RecoveryPointSelection, SelectionWindowDays: 366 } },
  ]) {
    const RestoreTestingPlan = { ...plan, ...wrong };
    await assert.rejects(createRestoreTestingPlan.run({ RestoreTestingPlan }, context), refused);
  }
  await make(context);
  const again = { RestoreTestingPlan: plan };
  await assert.rejects(createRestoreTestingPlan.run(again, context), {
    code: 'AlreadyExistsException',
  });
  for (const wrong of [
    { ProtectedResourceType: 'RDS' },
    { ProtectedResourceArns: [] },
    { ProtectedResourceArns: ['*', 'arn:aws:ec2:us-east-1:1:instance/i-1'] },
    { ProtectedResourceArns: ['arn:aws:ec2:us-east-1:123456789012:instance/*'] },
    { ProtectedResourceArns: ['arn:aws:ec2:us-east-1:123456789012:volume/vol-1'] },
    { ProtectedResourceArns: ['arn:aws:rds:us-east-1:123456789012:db:shop'] },
    { ValidationWindowHours: 169 },
    { RestoreMetadataOverrides: { VpcId: 'vpc-1' } },
    { RestoreMetadataOverrides: { 'imago:checks': '[{"Port":0}]' } },
    { RestoreMetadataOverrides: { 'imago:checks': '{' } },
  ]) {
    const selection = { ...RestoreTestingSelection, RestoreTestingSelectionName: 'b', ...wrong };
    const asked = { RestoreTestingPlanName, RestoreTestingSelection: selection as never };
    await assert.rejects(createRestoreTestingSelection.run(asked, context), refused);
  }
});

test('the latest point of each machine is tested, and Imago’s verdict is the job’s', async () => {
  await using context = await createTestContext();
  const { ResourceArn } = await makePoint(context);
  await makePoint(context, { ResourceArn });
  await make(context, { RestoreMetadataOverrides: { instanceType: 't3.nano' } });
  await runTests(context);
  const running = await onlyJob(context);
  assert.equal(running.Status, 'RUNNING');
  assert.match(running.CreatedBy?.RestoreTestingPlanArn ?? '', /:restore-testing-plan:nightly$/);
  const [drill] = await context.catalog.read(({ drills }) => drills.list());
  assert.equal(drill?.plan.instanceType, 't3.nano');
  await conclude(context, 'passed');
  const done = await onlyJob(context);
  assert.deepEqual(
    [done.Status, done.ValidationStatus, done.DeletionStatus],
    ['COMPLETED', 'SUCCESSFUL', 'SUCCESSFUL'],
  );
  const none = { ByRestoreTestingPlanArn: 'arn:none' };
  assert.deepEqual((await listRestoreJobs.run(none, context)).RestoreJobs, []);
});

test('a customer’s verdict is waited for, follows Imago’s, and times out', async () => {
  for (const [verdict, expected] of [
    ['FAILED', 'FAILED'],
    ['SUCCESSFUL', 'SUCCESSFUL'],
    [undefined, 'TIMED_OUT'],
  ] as const) {
    await using context = await createTestContext();
    await makePoint(context);
    await make(context, { ValidationWindowHours: 1 });
    await runTests(context);
    const { RestoreJobId = '' } = await onlyJob(context);
    const put = {
      RestoreJobId,
      ValidationStatus: verdict ?? 'FAILED',
      ValidationStatusMessage: 'x',
    };
    await assert.rejects(putRestoreValidationResult.run(put, context), {
      code: 'InvalidRequestException',
    });
    await conclude(context, 'passed');
    assert.equal((await onlyJob(context)).ValidationStatus, 'VALIDATING');
    if (verdict) await putRestoreValidationResult.run(put, context);
    const later = new Date(context.clock.now().getTime() + 3_600_000);
    await endValidations(context.catalog, later);
    const job = await onlyJob(context);
    assert.equal(job.ValidationStatus, expected);
    assert.equal(job.ValidationStatusMessage, verdict && 'x');
    const id = (job.RecoveryPointArn ?? '').split('/').at(-1) ?? '';
    const image = await context.catalog.read(({ images }) => images.get(id));
    assert.equal(image?.lastDrill?.verdict, verdict === 'FAILED' ? 'failed' : 'passed');
    const { Drills: [drill] = [] } = await describeDrills.run({}, context);
    const told = { FAILED: 'failed', SUCCESSFUL: 'passed' } as const;
    assert.deepEqual(
      [drill?.State, drill?.CustomerVerdict, drill?.CustomerReason],
      ['passed', verdict && told[verdict], verdict && 'x'],
    );
    const ordered = await context.catalog.read(({ tasks }) =>
      tasks.list({ where: { subject: drill?.DrillId ?? '' } }),
    );
    const tells = ordered.filter(({ kind }) => kind === 'tell-verdict');
    assert.equal(tells.length, verdict === 'FAILED' ? 1 : 0);
  }
});

test('a test that fails says why, and one that could not be done is a failed job', async () => {
  for (const [state, status, validation] of [
    ['failed', 'COMPLETED', 'FAILED'],
    ['error', 'FAILED', undefined],
  ] as const) {
    await using context = await createTestContext();
    await makePoint(context);
    await make(context);
    await runTests(context);
    await conclude(context, state);
    const job = await onlyJob(context);
    assert.deepEqual([job.Status, job.ValidationStatus], [status, validation]);
    assert.equal(job.ValidationStatusMessage ?? job.StatusMessage, 'why');
  }
});

test('vaults, tags and the window decide which points are tested', async () => {
  await using context = await createTestContext();
  await makePoint(context, { RecoveryPointTags: { Stage: 'live' } });
  const conditions = (StringEquals: object[]) => ({
    ProtectedResourceConditions: { StringEquals },
  });
  await make(context, conditions([{ Key: 'aws:ResourceTag/Stage', Value: 'dead' }]));
  const count = async () => (await listRestoreJobs.run({}, context)).RestoreJobs?.length;
  await runTests(context);
  assert.equal(await count(), 0);
  const named = { RestoreTestingPlanName, RestoreTestingSelectionName };
  const change = conditions([{ Key: 'aws:ResourceTag/Stage', Value: 'live' }]);
  const selection = change as never;
  await updateRestoreTestingSelection.run(
    { ...named, RestoreTestingSelection: selection },
    context,
  );
  const { RecoveryPointSelection } = plan;
  const set = (more: object) =>
    updateRestoreTestingPlan.run(
      {
        RestoreTestingPlanName,
        RestoreTestingPlan: {
          RecoveryPointSelection: { ...RecoveryPointSelection, ...more },
        },
      },
      context,
    );
  await set({ ExcludeVaults: ['*:Default'] });
  await runTests(context);
  assert.equal(await count(), 0);
  await set({ Algorithm: 'RANDOM_WITHIN_WINDOW', SelectionWindowDays: 1 });
  await runTests(context);
  assert.equal(await count(), 1);
});

test('points of volumes are tested by drills of their snapshots, which bear the verdict', async () => {
  await using context = await createTestContext();
  const ResourceArn = await makeVolumeArn(context);
  const { RecoveryPointArn } = await makePoint(context, { ResourceArn });
  await makePoint(context);
  await make(context, { ProtectedResourceType: 'EBS', ValidationWindowHours: 1 });
  const named = { RestoreTestingPlanName, RestoreTestingSelectionName };
  const { RestoreTestingSelection: told } = await getRestoreTestingSelection.run(named, context);
  assert.equal(told?.ProtectedResourceType, 'EBS');
  await runTests(context);
  const { RestoreJobId = '', ResourceType } = await onlyJob(context);
  assert.equal(ResourceType, 'EBS');
  const id = RecoveryPointArn.slice(RecoveryPointArn.lastIndexOf('/') + 1);
  const [drill] = await context.catalog.read(({ drills }) => drills.list());
  assert.deepEqual([drill?.snapshotId, drill?.imageId], [id, undefined]);
  const verdict = async () =>
    (await context.catalog.read(({ snapshots }) => snapshots.get(id)))?.lastDrill?.verdict;
  await conclude(context, 'passed');
  assert.equal(await verdict(), 'passed');
  await putRestoreValidationResult.run({ RestoreJobId, ValidationStatus: 'FAILED' }, context);
  assert.equal(await verdict(), 'failed');
});

test('what is inferred is what is tested, and enough for a restore', async () => {
  await using context = await createTestContext();
  const infer = async (RecoveryPointArn: string) => {
    const asked = { BackupVaultName: 'Default', RecoveryPointArn };
    const { InferredMetadata: Metadata = {} } = await getRestoreTestingInferredMetadata.run(
      asked,
      context,
    );
    await startRestoreJob.run({ RecoveryPointArn, Metadata }, context);
    return Metadata;
  };
  const volume = await makePoint(context, { ResourceArn: await makeVolumeArn(context) });
  const zone = { availabilityZone: 'us-east-1a', encrypted: 'false' };
  assert.deepEqual(await infer(volume.RecoveryPointArn), zone);
  const { RecoveryPointArn, ResourceArn } = await makePoint(context);
  const instance = await context.catalog.read(({ instances }) =>
    instances.get(ResourceArn.slice(ResourceArn.lastIndexOf('/') + 1)),
  );
  const inferred = { InstanceType: instance?.instanceType, DisableApiTermination: 'false' };
  assert.deepEqual(await infer(RecoveryPointArn), inferred);
  const Checks = [{ Service: 'shop' }];
  await putDrillChecks.run({ SourceId: instance?.id ?? '', Checks }, context);
  const overrides = { 'imago:checks': '[{"Port":22}]' };
  await make(context, { RestoreMetadataOverrides: overrides });
  await runTests(context);
  const { RestoreJobs = [] } = await listRestoreJobs.run(
    {
      ByRestoreTestingPlanArn: `arn:aws:backup:us-east-1:${context.caller.account}:restore-testing-plan:nightly`,
    },
    context,
  );
  const { Metadata } = await getRestoreJobMetadata.run(
    { RestoreJobId: RestoreJobs[0]?.RestoreJobId ?? '' },
    context,
  );
  assert.deepEqual(Metadata, { ...inferred, ...overrides });
  const [drill] = await context.catalog.read(({ drills }) => drills.list());
  assert.equal(drill?.plan.instanceType, instance?.instanceType);
  assert.deepEqual(
    drill?.plan.checks.map(({ name }) => name),
    ['service shop', 'port 22'],
  );
});
