/** What a restore testing plan has tested: its jobs, the newest first, and the drill of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concludeDrill } from '../../../domain/drills/drills.ts';
import { beginDueTests } from '../../../domain/drills/restore-testing.ts';
import { describeDrills } from '../../imago/DescribeDrills.ts';
import { iamRoleArn, makePoint } from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { listRestoreJobs } from '../restores/ListRestoreJobs.ts';
import { createRestoreTestingPlan } from './CreateRestoreTestingPlan.ts';
import { createRestoreTestingSelection } from './CreateRestoreTestingSelection.ts';

const dayMs = 24 * 60 * 60_000;

async function makePlan(context: TestContext, RestoreTestingPlanName: string): Promise<string> {
  const RestoreTestingPlan = {
    RestoreTestingPlanName,
    ScheduleExpression: 'cron(0 5 ? * * *)',
    RecoveryPointSelection: {
      Algorithm: 'LATEST_WITHIN_WINDOW' as const,
      IncludeVaults: ['*'],
      RecoveryPointTypes: ['SNAPSHOT' as const],
    },
  };
  const made = await createRestoreTestingPlan.run({ RestoreTestingPlan }, context);
  const RestoreTestingSelection = {
    ...{ RestoreTestingSelectionName: 'machines', IamRoleArn: iamRoleArn },
    ...{ ProtectedResourceType: 'EC2', ProtectedResourceArns: ['*'] },
  };
  const asked = { RestoreTestingPlanName, RestoreTestingSelection };
  await createRestoreTestingSelection.run(asked, context);
  return made.RestoreTestingPlanArn ?? '';
}

/** Each run tests what there is; its drills are over before the next. */
async function run(context: TestContext): Promise<void> {
  const { catalog, clock, ids, site } = context;
  context.now = new Date(context.now.getTime() + dayMs);
  await beginDueTests(catalog, { clock, ids, hostId: site.hostId });
  await catalog.write(async (transaction) => {
    for (const { id } of await transaction.drills.list({ where: { state: 'running' } })) {
      const endedAt = clock.now().toISOString();
      await concludeDrill(transaction, id, { state: 'passed', endedAt });
    }
  });
}

test('the jobs of a plan are listed the newest first, page by page, and lead to their drills', async () => {
  await using context = await createTestContext();
  for (let machine = 0; machine < 2; machine++) await makePoint(context);
  const plan = await makePlan(context, 'nightly');
  await makePlan(context, 'another');
  for (let day = 0; day < 3; day++) await run(context);

  const found = [];
  let NextToken: string | undefined;
  do {
    const page = await listRestoreJobs.run(
      { ByRestoreTestingPlanArn: plan, MaxResults: 4, NextToken },
      context,
    );
    found.push(...(page.RestoreJobs ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  assert.equal(found.length, 6);
  const times = found.map(({ CreationDate }) => CreationDate?.getTime() ?? 0);
  assert.deepEqual(
    times,
    times.toSorted((one, other) => other - one),
  );
  assert.equal(new Set(times).size, 3);
  assert.ok(found.every(({ CreatedBy }) => CreatedBy?.RestoreTestingPlanArn === plan));

  const [one] = found;
  const since = new Date((one?.CreationDate?.getTime() ?? 0) - 1);
  const asked = { ByRestoreTestingPlanArn: plan, ByCreatedAfter: since };
  assert.equal((await listRestoreJobs.run(asked, context)).RestoreJobs?.length, 2);
  const running = { ByRestoreTestingPlanArn: plan, ByStatus: 'RUNNING' as const };
  assert.deepEqual((await listRestoreJobs.run(running, context)).RestoreJobs, []);

  const RestoreJobIds = found.map(({ RestoreJobId = '' }) => RestoreJobId);
  const first = await describeDrills.run({ RestoreJobIds, MaxResults: 5 }, context);
  const rest = await describeDrills.run(
    { RestoreJobIds, MaxResults: 5, NextToken: first.NextToken },
    context,
  );
  const drills = [...first.Drills, ...rest.Drills];
  assert.deepEqual(
    drills.map(({ RestoreJobId = '' }) => RestoreJobId).sort(),
    RestoreJobIds.sort(),
  );
  const { Drills: of } = await describeDrills.run(
    { RestoreJobIds: RestoreJobIds.slice(0, 1) },
    context,
  );
  assert.deepEqual(
    of,
    drills.filter(({ RestoreJobId }) => RestoreJobId === RestoreJobIds[0]),
  );
  const DrillIds = drills.map(({ DrillId }) => DrillId);
  const both = { DrillIds, RestoreJobIds: RestoreJobIds.slice(0, 1) };
  assert.deepEqual((await describeDrills.run(both, context)).Drills, of);
});

test('a page of a plan’s jobs is no page of all jobs, and nobody else’s', async () => {
  await using context = await createTestContext();
  for (let machine = 0; machine < 2; machine++) await makePoint(context);
  const ByRestoreTestingPlanArn = await makePlan(context, 'nightly');
  await run(context);
  const asked = { ByRestoreTestingPlanArn, MaxResults: 1 };
  const { NextToken } = await listRestoreJobs.run(asked, context);
  assert.ok(NextToken);
  await assert.rejects(listRestoreJobs.run({ NextToken }, context));
  const foreign = context.as({ account: '999999999999' });
  const { RestoreJobs } = await listRestoreJobs.run({ ByRestoreTestingPlanArn }, context);
  const RestoreJobIds = (RestoreJobs ?? []).map(({ RestoreJobId = '' }) => RestoreJobId);
  assert.equal(RestoreJobIds.length, 2);
  assert.deepEqual((await describeDrills.run({ RestoreJobIds }, foreign)).Drills, []);
  const theirs = await listRestoreJobs.run({ ByRestoreTestingPlanArn }, foreign);
  assert.deepEqual(theirs.RestoreJobs, []);
});
