/** What a policy would come to: by the rules that act in earnest, which have their own tests. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { dlmModel } from '../../../api/generated/dlm.ts';
import { imagoModel } from '../../../api/imago.ts';
import type { SimulateBackupsRequest } from '../../../api/imago-simulate.ts';
import {
  backupsOf,
  endCaptures,
  makePolicy,
  policyDetails,
  round,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertProviderImage } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
import { simulateBackups } from './SimulateBackups.ts';

const gib = 2 ** 30;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const simulate = (asked: SimulateBackupsRequest) => simulateBackups.run(asked, context);

test('a policy that is there, and its details before it is: by count, day by day', async () => {
  const PolicyId = await makePolicy(context);
  const simulated = await simulate({ PolicyId, Days: 6 });
  assert.deepEqual(
    simulated.Days.map(({ Date: date, Made, Removed, Kept, Left }) => [
      date,
      Made,
      Removed,
      Kept,
      Left,
    ]),
    [
      ['2026-11-23', 0, 0, 0, 0],
      ['2026-11-24', 1, 0, 1, 0],
      ['2026-11-25', 1, 0, 2, 0],
      ['2026-11-26', 1, 0, 3, 1],
      ['2026-11-27', 1, 1, 3, 1],
      ['2026-11-28', 1, 1, 3, 1],
    ],
  );
  assert.deepEqual(simulated.NextTime, new Date('2026-11-24T03:00:00.000Z'));
  const { Made, Removed, Kept, MostKept, Left } = simulated;
  assert.deepEqual([Made, Removed, Kept, MostKept], [5, 2, 3, 3]);
  assert.deepEqual(Left[0], {
    CreateTime: new Date('2026-11-28T03:00:00.000Z'),
    Schedules: ['Daily'],
    IsArchived: false,
    Reasons: ['Daily', 'last good'],
  });
  assert.deepEqual(await simulate({ PolicyDetails: policyDetails(), Days: 6 }), simulated);
});

test('when a policy is due next is told though it is after the days that are gone through', async () => {
  const monthly = { CreateRule: { CronExpression: 'cron(0 4 1 * ? *)' } };
  const PolicyId = await makePolicy(context, policyDetails(monthly));
  const { NextTime, Made } = await simulate({ PolicyId, Days: 1 });
  assert.deepEqual([NextTime, Made], [new Date('2026-12-01T04:00:00.000Z'), 0]);
  const over = { Schedule: 'cron(0 4 1 1 ? 2027)', KeepLast: 1, Days: 1 };
  const late = await simulate({ ...over, StartTime: new Date('2026-12-31T23:00:00Z') });
  assert.deepEqual(late.NextTime, new Date('2027-01-01T04:00:00.000Z'));
});

test('what is foretold comes true', async () => {
  await insertRunningInstance(context, await insertProviderImage(context), {
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes' }] }],
  });
  const twice = { Name: 'Twice', CreateRule: { CronExpression: 'cron(0 3,15 * * ? *)' } };
  const details = policyDetails({}, {});
  details.Schedules.push({ ...details.Schedules[0], ...twice, RetainRule: { Count: 5 } } as never);
  const PolicyId = await makePolicy(context, details);
  const { Left } = await simulate({ PolicyId, Days: 6 });
  for (let hour = 0; hour < 6 * 24 - 10; hour++) {
    await round(context);
    context.now = new Date(context.now.getTime() + 20_000);
    await endCaptures(context);
    await round(context);
    context.now = new Date(context.now.getTime() + 60 * 60_000 - 20_000);
  }
  const { images } = await backupsOf(context, PolicyId);
  const made = images.map(({ backup }) => backup?.dueAt).reverse();
  assert.deepEqual(
    Left.map(({ CreateTime }) => CreateTime.toISOString()),
    made,
  );
});

test('by age, to the archive and out of it; and default policies', async () => {
  const age = (Interval: number) => ({ Interval, IntervalUnit: 'DAYS' });
  const weeks = await simulate({
    PolicyDetails: policyDetails({ RetainRule: age(7) }),
    StartTime: new Date('2026-01-01T00:00:00Z'),
    Days: 30,
  });
  assert.deepEqual([weeks.Kept, weeks.MostKept, weeks.Removed], [7, 7, 23]);
  const archiving = policyDetails(
    {
      CreateRule: { CronExpression: 'cron(0 3 1 * ? *)' },
      RetainRule: age(31),
      ArchiveRule: { RetainRule: { RetentionArchiveTier: age(90) } },
    },
    { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] },
  );
  const year = await simulate({
    PolicyDetails: archiving,
    StartTime: new Date('2026-01-01T00:00:00Z'),
    Days: 365,
    SizeGiB: 1,
  });
  assert.equal(year.Made, 12);
  assert.ok(year.Left.filter(({ IsArchived }) => IsArchived).length >= 2);
  assert.ok(year.Bytes >= 3 * gib, 'what is in the archive is a whole disk');
  assert.equal(
    year.Days.reduce((sum, { Archived }) => sum + Archived, 0),
    11,
  );
  const defaults = { PolicyLanguage: 'SIMPLIFIED', ResourceType: 'VOLUME', CreateInterval: 3 };
  const PolicyDetails = { ...defaults, RetainInterval: 9 };
  const { Made, Kept } = await simulate({ PolicyDetails, Days: 31 });
  assert.deepEqual([Made, Kept], [11, 3]);
});

test("a schedule with restic's rules: a year of them, with reasons", async () => {
  const year = await simulate({
    Schedule: 'cron(0 3 * * ? *)',
    StartTime: new Date('2026-01-01T00:00:00Z'),
    Timezone: 'UTC',
    KeepDaily: 7,
    KeepWeekly: 5,
    KeepMonthly: 12,
  });
  assert.equal(year.Days.length, 365);
  const dates = year.Left.map(({ CreateTime }) => CreateTime.toISOString().slice(0, 10));
  assert.deepEqual(dates, [
    ...['2026-12-31', '2026-12-30', '2026-12-29', '2026-12-28', '2026-12-27', '2026-12-26'],
    ...['2026-12-25', '2026-12-20', '2026-12-13', '2026-12-06', '2026-11-30', '2026-10-31'],
    ...['2026-09-30', '2026-08-31', '2026-07-31', '2026-06-30', '2026-05-31', '2026-04-30'],
    ...['2026-03-31', '2026-02-28', '2026-01-31'],
  ]);
  assert.deepEqual(year.Left.at(-1)?.Reasons, ['monthly snapshot']);
  assert.equal(year.Made, 365);
  assert.equal(year.Removed, 365 - year.Kept);
});

test('tags of a schedule count for restic, a zone for its days and times', async () => {
  const TagsToAdd = [{ Key: 'keep', Value: 'me' }];
  const PolicyDetails = policyDetails({ TagsToAdd, RetainRule: { Count: 9 } });
  const asked = { PolicyDetails, KeepLast: 1, Days: 8 };
  assert.equal((await simulate(asked)).Kept, 1);
  assert.equal((await simulate({ ...asked, KeepTags: ['keep=me'] })).Kept, 7);
  const Schedule = 'cron(30 0 * * ? *)';
  const there = { Schedule, KeepLast: 1, Timezone: 'Pacific/Auckland', Days: 2 };
  const { Days, Left } = await simulate(there);
  // It is eleven in the evening of the same day there.
  assert.deepEqual(
    Days.map(({ Date: date, Made }) => [date, Made]),
    [
      ['2026-11-23', 0],
      ['2026-11-24', 1],
    ],
  );
  assert.equal(Left[0]?.CreateTime.toISOString(), '2026-11-23T11:30:00.000Z');
});

test('bytes: the disk, and of each two that are kept the union of what was changed between', async () => {
  const asked = {
    Schedule: 'rate(1 day)',
    ...{ Days: 5, SizeGiB: 10, DailyChangeMiB: 1024, KeepLast: -1 },
  };
  const all = await simulate(asked);
  assert.equal(all.Made, 4);
  assert.ok(Math.abs(all.Bytes / gib - (10 + 3)) < 0.001);
  const two = await simulate({ ...asked, KeepLast: 2 });
  assert.ok(Math.abs(two.Bytes / gib - (10 + 1)) < 0.001);
  const none = await simulate({ ...asked, DailyChangeMiB: 0 });
  assert.equal(none.Bytes, 10 * gib);
  // Twice a tenth of the same disk is less than two tenths.
  const apart = await simulate({ ...asked, Schedule: 'rate(2 days)' });
  assert.ok(Math.abs(apart.Bytes / gib - (10 + 1.9)) < 0.001);
  assert.equal(
    (await simulate({ ...asked, DailyChangeMiB: undefined })).MostBytes < 11 * gib,
    true,
  );
});

test('others have their turn meanwhile, and what would take too long is refused', async () => {
  let turns = 0;
  const turn = () => {
    turns++;
    immediate = setImmediate(turn);
  };
  let immediate = setImmediate(turn);
  const hourly = { Schedule: 'rate(1 hour)', KeepHourly: 48, KeepDaily: 30, KeepMonthly: -1 };
  const { Made, Kept } = await simulate(hourly);
  clearImmediate(immediate);
  assert.ok(Made > 8700 && Kept > 80);
  assert.ok(turns > 5, `${turns} turns`);
  const slow = { code: 'InvalidParameterValue', message: /simulate fewer Days/ };
  await assert.rejects(simulate({ Schedule: 'rate(1 minute)', KeepLast: 1 }), slow);
  await assert.rejects(simulate({ Schedule: 'rate(1 hour)', KeepLast: -1 }), slow);
});

test('what is no request is refused, and a policy at rest is simulated', async () => {
  const PolicyId = await makePolicy(context, policyDetails(), { State: 'DISABLED' });
  assert.equal((await simulate({ PolicyId, Days: 2 })).Made, 1);
  const Schedule = 'rate(1 day)';
  const refusals: [SimulateBackupsRequest, string][] = [
    [{}, 'InvalidParameterCombination'],
    [{ PolicyId, Schedule, KeepLast: 1 }, 'InvalidParameterCombination'],
    [{ Schedule }, 'MissingParameter'],
    [{ Schedule: 'daily', KeepLast: 1 }, 'InvalidParameterValue'],
    [{ PolicyId, Days: 0 }, 'InvalidParameterValue'],
    [{ PolicyId, Days: 367 }, 'InvalidParameterValue'],
    [{ PolicyId, SizeGiB: 0 }, 'InvalidParameterValue'],
    [{ PolicyId, SizeGiB: 1, DailyChangeMiB: 1025 }, 'InvalidParameterValue'],
    [{ PolicyId, Timezone: 'Nowhere' }, 'InvalidParameterValue'],
    [{ PolicyId, KeepLast: 0 }, 'MissingParameter'],
    [{ PolicyId: 'policy-00000000000badc0d' }, 'ResourceNotFoundException'],
    [{ PolicyDetails: policyDetails({ RetainRule: {} }) }, 'InvalidRequestException'],
  ];
  for (const [asked, code] of refusals) {
    await assert.rejects(simulate(asked), { code }, JSON.stringify(asked));
  }
});

test("the service's own shapes and those of policies have no name in common", () => {
  const shapes: Record<string, unknown> = imagoModel.shapes;
  for (const [name, shape] of Object.entries(dlmModel.shapes)) assert.equal(shapes[name], shape);
});
