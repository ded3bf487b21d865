/**
 * Plans and their copies by rounds whose catalog does its work and throws, throws without it, or is
 * no more after some calls; and by clocks that were ahead.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../../test/fuzz/random.ts';
import type { Catalog } from '../../../catalog/catalog.ts';
import { flaky, killed } from '../../../catalog/test-faulty-catalog.ts';
import { silentLog } from '../../../foundations/log.ts';
import { lookAtVaults } from '../../../vault-rounds.ts';
import {
  finishBackup,
  iamRoleArn,
  makePlan,
  makeVault,
  makeVolumeArn,
} from '../../test-backups.ts';
import { createTestContext, type TestContext } from '../../test-context.ts';
import { createBackupSelection } from './CreateBackupSelection.ts';
import { getBackupPlan } from './GetBackupPlan.ts';

const dayMs = 24 * 60 * 60_000;

function round(context: TestContext, orders: Catalog = context.catalog): Promise<void> {
  return lookAtVaults({ ...context, orders, log: silentLog });
}

async function selected(context: TestContext, rule: object): Promise<string> {
  const BackupPlanId = await makePlan(context, rule);
  const Resources = [await makeVolumeArn(context)];
  const BackupSelection = { SelectionName: 'one', IamRoleArn: iamRoleArn, Resources };
  await createBackupSelection.run({ BackupPlanId, BackupSelection }, context);
  return BackupPlanId;
}

function rowsOf(context: TestContext) {
  return context.catalog.read(async ({ backupJobs, copyJobs, recoveryPoints }) => ({
    jobs: await backupJobs.list(),
    copyJobs: await copyJobs.list(),
    points: await recoveryPoints.list(),
  }));
}

async function finishAll(context: TestContext): Promise<void> {
  const { points } = await rowsOf(context);
  for (const { id } of points.filter(({ status }) => status === 'CREATING')) {
    await finishBackup(context, id);
  }
}

async function nextRun(context: TestContext, BackupPlanId: string): Promise<Date | undefined> {
  const told = await getBackupPlan.run({ BackupPlanId, MaxScheduledRunsPreview: 1 }, context);
  return told.ScheduledRunsPreview?.[0]?.ExecutionTime;
}

test('a plan that was made by a clock that was ahead is planned anew, and not put off by each look', async () => {
  await using context = await createTestContext();
  const start = context.now;
  context.now = new Date(start.getTime() + 1000 * dayMs);
  const planId = await selected(context, { ScheduleExpression: 'rate(7 days)' });
  context.now = start;
  await round(context);
  const week = new Date(start.getTime() + 7 * dayMs);
  assert.deepEqual(await nextRun(context, planId), week);
  for (let day = 1; day < 7; day++) {
    context.now = new Date(start.getTime() + day * dayMs);
    await round(context);
  }
  assert.deepEqual(
    [(await rowsOf(context)).jobs.length, await nextRun(context, planId)],
    [0, week],
  );
  context.now = week;
  await round(context);
  assert.equal((await rowsOf(context)).jobs.length, 1);
});

test('a plan that ran while the clock was ahead runs at its times when it is back', async () => {
  await using context = await createTestContext();
  const start = context.now;
  await selected(context, { ScheduleExpression: 'cron(0 5 * * ? *)' });
  context.now = new Date(start.getTime() + 400 * dayMs);
  await round(context);
  assert.equal((await rowsOf(context)).jobs.length, 1);
  await finishAll(context);
  for (let day = 0; day < 4; day++) {
    context.now = new Date(start.getTime() + day * dayMs);
    await round(context);
    await finishAll(context);
  }
  // Of three mornings, beside the one that was ahead.
  assert.equal((await rowsOf(context)).jobs.length, 4);
});

async function tellStory(seed: number, days: number) {
  await using context = await createTestContext();
  const random = new Random(seed);
  const { account } = context.caller;
  const arns = ['us-east-1', 'eu-west-1'].map(
    (region) => `arn:aws:backup:${region}:${account}:backup-vault:copies`,
  );
  await makeVault(context, 'copies');
  await makeVault(context.as({ region: 'eu-west-1' }), 'copies');
  const CopyActions = arns.map((DestinationBackupVaultArn) => ({ DestinationBackupVaultArn }));
  await selected(context, { ScheduleExpression: 'cron(0 5 * * ? *)', CopyActions });
  let faults = 0;
  for (let day = 0; day < days; day++) {
    context.now = new Date(context.now.getTime() + dayMs);
    for (let look = 0; look < 6; look++) {
      const { catalog } = context;
      const faulty = random.chance(0.5) ? killed(catalog, random) : flaky(catalog, random);
      await round(context, faulty).catch(() => faults++);
      if (random.chance(0.5)) await finishAll(context);
    }
    // Once without faults: ordered, made, copied.
    await round(context);
    await finishAll(context);
    await round(context);
    await finishAll(context);
    const { jobs, copyJobs, points } = await rowsOf(context);
    assert.equal(jobs.length, day + 1, 'of each morning one');
    assert.ok(jobs.every(({ state }) => state === 'COMPLETED'));
    for (const point of points)
      assert.equal(point.copies, undefined, `${point.id} is to be copied`);
    for (const arn of arns) {
      const ordered = copyJobs.filter(({ destinationVaultArn }) => destinationVaultArn === arn);
      assert.equal(new Set(ordered.map(({ sourcePointArn }) => sourcePointArn)).size, day + 1);
      assert.equal(ordered.length, day + 1, 'of each recovery point one copy');
      assert.ok(ordered.every(({ state }) => state === 'COMPLETED'));
      assert.equal(points.filter(({ vaultArn }) => vaultArn === arn).length, day + 1);
    }
  }
  return faults;
}

test('whatever fails, each morning has one backup and each of its copies once', async () => {
  const faults = (await tellStory(1, 4)) + (await tellStory(2, 4));
  assert.ok(faults > 10, `${faults} faults`);
});
