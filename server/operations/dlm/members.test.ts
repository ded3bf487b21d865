/**
 * What a schedule's rules for single backups do, by age and by count: what sets leave out, until
 * when images are current, here and where they are copied to, and which snapshots are fast.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { backupsOf, makePolicy, policyDetails, wholeRound } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance } from '../test-instances.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';

let context: TestContext;
let root = '';
let data = '';
beforeEach(async () => {
  context = await createTestContext();
  const Tags = [{ Key: 'backup', Value: 'yes' }];
  const { id } = await insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  });
  [root = '', data = ''] = await attachedVolumeIds(context, id);
});
afterEach(() => context[Symbol.asyncDispose]());

const days = (Interval: number) => ({ Interval, IntervalUnit: 'DAYS' });

/** Backups of this day are made, and whatever is over ends. */
async function day(number: number): Promise<void> {
  context.now = new Date(Date.UTC(2026, 10, number, 3));
  await wholeRound(context);
}

async function tagVolume(id: string, tags: Record<string, string>): Promise<void> {
  await context.catalog.write(async ({ volumes }) => {
    const row = await volumes.get(id);
    if (row) await volumes.update({ ...row, tags });
  });
}

const ofSets = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['INSTANCE'] };
const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };

test('data volumes with one of the tags are left out of sets, for as long as they have it', async () => {
  const ExcludeDataVolumeTags = [
    { Key: 'of', Value: 'caches' },
    { Key: 'scratch', Value: 'yes' },
  ];
  const Parameters = { ExcludeDataVolumeTags };
  const id = await makePolicy(context, policyDetails({}, { ...ofSets, Parameters }));
  const taken = async (number: number) => {
    await day(number);
    const { snapshots } = await backupsOf(context, id);
    const date = new Date(Date.UTC(2026, 10, number)).toISOString().slice(0, 10);
    return snapshots.filter((row) => row.createdAt.startsWith(date)).map((row) => row.volumeId);
  };
  await tagVolume(root, { scratch: 'yes' });
  await tagVolume(data, { scratch: 'yes' });
  assert.deepEqual(await taken(24), [root], 'only data volumes are left out');
  await tagVolume(data, { scratch: 'no', caches: 'of' });
  assert.deepEqual((await taken(25)).sort(), [root, data].sort());
  await tagVolume(data, { of: 'caches' });
  assert.deepEqual(await taken(26), [root]);
});

test('of a machine that has nothing but what is left out there is no backup, and the policy says so', async () => {
  await tagVolume(data, { scratch: 'yes' });
  const Parameters = {
    ExcludeBootVolume: true,
    ExcludeDataVolumeTags: [{ Key: 'scratch', Value: 'yes' }],
  };
  const PolicyId = await makePolicy(context, policyDetails({}, { ...ofSets, Parameters }));
  await day(24);
  assert.deepEqual((await backupsOf(context, PolicyId)).snapshots, []);
  const { Policy } = await getLifecyclePolicy.run({ PolicyId }, context);
  assert.match(Policy?.StatusMessage ?? '', /No volume of the instance is left/);
});

test('images are deprecated at their age, and their copies at one of their own', async () => {
  const copy = {
    ...{ TargetRegion: 'eu-west-1', Encrypted: false },
    ...{ RetainRule: days(9), DeprecateRule: { Interval: 1, IntervalUnit: 'WEEKS' } },
  };
  const id = await makePolicy(
    context,
    policyDetails({
      RetainRule: days(5),
      DeprecateRule: days(3),
      CrossRegionCopyRules: [copy],
    }),
  );
  await day(24);
  const { images } = await backupsOf(context, id);
  assert.deepEqual(
    images.map(({ region, deprecationTime = '' }) => `${region} ${deprecationTime}`).sort(),
    // A copy's age begins when it is ordered.
    ['eu-west-1 2026-12-01T03:01:00.000Z', 'us-east-1 2026-11-27T03:00:00.000Z'],
  );
});

test('of copies that two schedules ask for, the one is current for ever', async () => {
  const rule = { TargetRegion: 'eu-west-1', Encrypted: false };
  const CreateRule = { Interval: 24, IntervalUnit: 'HOURS', Times: ['03:00'] };
  const schedule = { CreateRule, RetainRule: { Count: 3 } };
  const id = await makePolicy(
    context,
    policyDetails(
      {},
      {
        Schedules: [
          { Name: 'One', ...schedule, CrossRegionCopyRules: [{ ...rule, DeprecateRule: days(1) }] },
          { Name: 'Other', ...schedule, CrossRegionCopyRules: [rule] },
        ],
      },
    ),
  );
  await day(24);
  const { images } = await backupsOf(context, id);
  const copies = images.filter(({ region }) => region === 'eu-west-1');
  assert.deepEqual(
    copies.map(({ deprecationTime }) => deprecationTime),
    [undefined],
  );
});

/** The days whose snapshots are fast in the zone. */
async function fastDays(id: string): Promise<string[]> {
  const rows = await context.catalog.read(({ fastRestores }) => fastRestores.list());
  const fast = rows.filter(({ state }) => !/^disabl/.test(state));
  assert.ok(fast.every(({ availabilityZone }) => availabilityZone === 'us-east-1a'));
  const { snapshots } = await backupsOf(context, id);
  return snapshots
    .filter((row) => fast.some(({ snapshotId }) => snapshotId === row.id))
    .map(({ createdAt }) => createdAt.slice(8, 10));
}

for (const [zones, said] of [
  ['names', { AvailabilityZones: ['us-east-1a'] }],
  ['ids', { AvailabilityZoneIds: ['use1-az1'] }],
] as const) {
  // Five is as many as an account may have in a zone.
  test(`as many of the newest as FastRestoreRule counts are fast in zones by ${zones}`, async () => {
    await tagVolume(data, { backup: 'yes' });
    const FastRestoreRule = { Count: 5, ...said };
    const schedule = { RetainRule: { Count: 7 }, FastRestoreRule };
    const PolicyId = await makePolicy(context, policyDetails(schedule, ofVolumes));
    for (const number of [24, 25, 26]) await day(number);
    assert.deepEqual(await fastDays(PolicyId), ['24', '25', '26']);
    for (const number of [27, 28, 29, 30]) await day(number);
    assert.deepEqual(await fastDays(PolicyId), ['26', '27', '28', '29', '30']);
    assert.equal((await backupsOf(context, PolicyId)).snapshots.length, 7);
    const { Policy } = await getLifecyclePolicy.run({ PolicyId }, context);
    const told = Policy?.PolicyDetails?.Schedules?.[0]?.FastRestoreRule;
    assert.deepEqual(JSON.parse(JSON.stringify(told)), FastRestoreRule);
  });
}
