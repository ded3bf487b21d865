/** Restore testing plans by the clock: one that was ahead, and vaults that are gone by then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concludeDrill } from '../../../domain/drills/drills.ts';
import { beginDueTests, endValidations } from '../../../domain/drills/restore-testing.ts';
import { iamRoleArn, makePoint } from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { createRestoreTestingPlan } from './CreateRestoreTestingPlan.ts';
import { createRestoreTestingSelection } from './CreateRestoreTestingSelection.ts';

const dayMs = 24 * 60 * 60_000;
const RestoreTestingPlanName = 'nightly';
const selection = 'machines';

/** On Sundays. */
async function makePlan(
  context: TestContext,
  ValidationWindowHours = 0,
  IncludeVaults = ['*'],
): Promise<void> {
  const RestoreTestingPlan = {
    RestoreTestingPlanName,
    ScheduleExpression: 'cron(0 5 ? * 1 *)',
    RecoveryPointSelection: {
      Algorithm: 'LATEST_WITHIN_WINDOW' as const,
      IncludeVaults,
      RecoveryPointTypes: ['SNAPSHOT' as const],
      SelectionWindowDays: 30,
    },
  };
  await createRestoreTestingPlan.run({ RestoreTestingPlan }, context);
  const RestoreTestingSelection = {
    RestoreTestingSelectionName: selection,
    IamRoleArn: iamRoleArn,
    ProtectedResourceType: 'EC2',
    ProtectedResourceArns: ['*'],
    ValidationWindowHours,
  };
  await createRestoreTestingSelection.run(
    { RestoreTestingPlanName, RestoreTestingSelection },
    context,
  );
}

async function planOf(context: TestContext) {
  const [row] = await context.catalog.read(({ restoreTestingPlans }) => restoreTestingPlans.list());
  assert.ok(row);
  return row;
}

const jobsOf = (context: TestContext) =>
  context.catalog.read(({ restoreJobs }) => restoreJobs.list());

async function round(context: TestContext) {
  const { catalog, clock, ids, site } = context;
  const left = await beginDueTests(catalog, { clock, ids, hostId: site.hostId });
  await endValidations(catalog, clock.now());
  return left;
}

function later(start: Date, days: number): Date {
  return new Date(start.getTime() + days * dayMs);
}

test('a plan that was made by one is planned anew, and not put off by each look', async () => {
  await using context = await createTestContext();
  const start = context.now;
  const { ResourceArn } = await makePoint(context);
  assert.ok(ResourceArn);
  context.now = later(start, 1000);
  await makePlan(context);
  for (let day = 0; day < 6; day++) {
    context.now = later(start, day);
    await round(context);
    assert.equal((await planOf(context)).nextRunAt, '2026-11-29T05:00:00.000Z');
  }
  assert.deepEqual(await jobsOf(context), []);
  context.now = later(start, 6);
  await round(context);
  assert.equal((await jobsOf(context)).length, 1);
});

test('what waits since then begins', async () => {
  await using context = await createTestContext();
  const { ResourceArn: resourceArn = '' } = await makePoint(context);
  await makePlan(context);
  const lastRunAt = later(context.now, 400).toISOString();
  const row = await planOf(context);
  await context.catalog.write(({ restoreTestingPlans }) =>
    restoreTestingPlans.update({ ...row, lastRunAt, waiting: [{ selection, resourceArn }] }),
  );
  await round(context);
  const after = await planOf(context);
  assert.deepEqual([after.lastRunAt, after.waiting], [context.now.toISOString(), undefined]);
  assert.equal((await jobsOf(context)).length, 1);
});

test('a customer’s verdict is waited for as long as was said, and no longer', async () => {
  await using context = await createTestContext();
  await makePoint(context);
  await makePlan(context, 1);
  const start = later(context.now, 6);
  context.now = start;
  await round(context);
  context.now = later(start, 400);
  await context.catalog.write(async (transaction) => {
    const [drill] = await transaction.drills.list();
    const endedAt = context.now.toISOString();
    await concludeDrill(transaction, drill?.id ?? '', { state: 'passed', endedAt });
  });
  const seen: (string | undefined)[] = [];
  for (const hours of [0, 0.9, 1]) {
    context.now = later(start, hours / 24);
    await round(context);
    seen.push((await jobsOf(context))[0]?.testing?.validation);
  }
  assert.deepEqual(seen, ['VALIDATING', 'VALIDATING', 'TIMED_OUT']);
});

test('a vault that is named and not there is told by each run, and tested are the others', async () => {
  await using context = await createTestContext();
  await makePoint(context);
  const vault = (name: string, region = 'us-east-1') =>
    `arn:aws:backup:${region}:${context.caller.account}:backup-vault:${name}`;
  for (const never of [vault('far', 'eu-west-1'), vault('x').replace('-vault:', '-plan:')]) {
    await assert.rejects(makePlan(context, 0, [never]), {
      code: 'InvalidParameterValueException',
      message: /is no vault of this account in us-east-1/,
    });
  }
  await makePlan(context, 0, [vault('gone'), vault('Default'), '*:backup-vault:later-*']);
  assert.deepEqual(await round(context), []);
  context.now = later(context.now, 7);
  const left = await round(context);
  const { id: plan } = await planOf(context);
  assert.deepEqual(left, [{ plan, why: `there is no vault ${vault('gone')}` }]);
  assert.equal((await jobsOf(context)).length, 1);
  assert.deepEqual(await round(context), []);
});
