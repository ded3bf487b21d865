/** What policies do with backups while they keep them, default policies, and what is refused. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import {
  backupsOf,
  makePolicy,
  policyDetails,
  policyRole,
  round,
  wholeRound,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../test-instances.ts';
import { createLifecyclePolicy } from './CreateLifecyclePolicy.ts';
import { deleteLifecyclePolicy } from './DeleteLifecyclePolicy.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const at = (time: string) => {
  context.now = new Date(time);
};

async function machine() {
  const tagged = { Tags: [{ Key: 'backup', Value: 'yes' }] };
  return insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: ['instance', 'volume'].map((each) => ({ ResourceType: each, ...tagged })),
  });
}

const twoLooks = () => wholeRound(context, 2);

const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };

test('images are deprecated and copied into another region, where they are kept for a time of their own', async () => {
  await machine();
  const copies = {
    ...{ TargetRegion: 'eu-west-1', Encrypted: false, CopyTags: true },
    RetainRule: { Interval: 2, IntervalUnit: 'DAYS' },
  };
  const id = await makePolicy(
    context,
    policyDetails({
      TagsToAdd: [{ Key: 'kind', Value: 'daily' }],
      DeprecateRule: { Count: 1 },
      RetainRule: { Count: 2 },
      CrossRegionCopyRules: [copies],
    }),
  );
  for (const day of [24, 25, 26]) {
    at(`2026-11-${day}T03:00:00.000Z`);
    await twoLooks();
  }
  const { images } = await backupsOf(context, id);
  const told = images.map(
    ({ region, createdAt, deprecationTime }) =>
      `${region} ${createdAt.slice(8, 10)}${deprecationTime ? ' deprecated' : ''}`,
  );
  assert.deepEqual(told.sort(), [
    'eu-west-1 25',
    'eu-west-1 26',
    'us-east-1 25 deprecated',
    'us-east-1 26',
  ]);
  assert.equal(images.find(({ region }) => region === 'eu-west-1')?.tags.kind, 'daily');
});

test('snapshots are shared for a time, and have fast restores while they are the newest', async () => {
  const { id: instanceId } = await machine();
  const other = await context.asNewAccount();
  const { account } = other.caller;
  const id = await makePolicy(
    context,
    policyDetails(
      {
        RetainRule: { Interval: 5, IntervalUnit: 'DAYS' },
        FastRestoreRule: {
          ...{ Interval: 1, IntervalUnit: 'DAYS', AvailabilityZones: ['us-east-1a'] },
        },
        ShareRules: [
          { TargetAccounts: [account], UnshareInterval: 1, UnshareIntervalUnit: 'DAYS' },
        ],
      },
      ofVolumes,
    ),
  );
  at('2026-11-24T03:00:00.000Z');
  await twoLooks();
  const shared = async () =>
    (await backupsOf(context, id)).snapshots.map(
      ({ createVolumePermissions = [] }) => createVolumePermissions.length,
    );
  const fast = async () => {
    const rows = await context.catalog.read(({ fastRestores }) => fastRestores.list());
    return rows.map(({ state }) => state);
  };
  assert.equal((await attachedVolumeIds(context, instanceId)).length, 2);
  assert.deepEqual(await shared(), [1, 1]);
  assert.deepEqual(await fast(), ['enabling', 'enabling']);
  await moveInstance(context, instanceId, { state: 'terminated' });
  at('2026-11-25T02:00:00.000Z');
  await round(context);
  assert.deepEqual(await shared(), [1, 1]);
  at('2026-11-25T03:30:00.000Z');
  await round(context);
  assert.deepEqual((await shared()).slice(0, 2), [0, 0]);
  assert.ok((await fast()).slice(0, 2).every((state) => /^disabl/.test(state)));
});

test('what is no longer retained goes into the archive, where a schedule says so', async () => {
  await machine();
  const id = await makePolicy(
    context,
    policyDetails(
      {
        CreateRule: { CronExpression: 'cron(0 3 1 * ? *)' },
        RetainRule: { Count: 1 },
        ArchiveRule: { RetainRule: { RetentionArchiveTier: { Count: 4 } } },
      },
      ofVolumes,
    ),
  );
  at('2026-12-01T03:00:00.000Z');
  await twoLooks();
  at('2027-01-01T03:00:00.000Z');
  await twoLooks();
  const { snapshots } = await backupsOf(context, id);
  const tiers = snapshots.map(({ tiering }) => tiering?.operation ?? 'standard');
  assert.deepEqual(tiers.sort(), ['archival', 'archival', 'standard', 'standard']);
  // What comes there takes the place of the oldest: they are looked at again soon.
  const sources = await context.catalog.read(({ backupSources }) => backupSources.list());
  const soon = new Date(context.now.getTime() + 60_000).toISOString();
  assert.deepEqual(
    sources.map(({ nextLookAt = '' }) => nextLookAt < soon),
    [true, true],
  );
});

test('a copy that cannot be made is an error of the policy, until it is changed', async () => {
  await machine();
  const CmkArn = 'arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-4000-8000-00000badc0de';
  const rule = { TargetRegion: 'eu-west-1', Encrypted: true, CmkArn };
  const id = await makePolicy(context, policyDetails({ CrossRegionCopyRules: [rule] }));
  at('2026-11-24T03:00:00.000Z');
  await twoLooks();
  const policy = async () => (await getLifecyclePolicy.run({ PolicyId: id }, context)).Policy;
  const failed = await policy();
  assert.equal(failed?.State, 'ERROR');
  assert.match(failed?.StatusMessage ?? '', /^A copy into eu-west-1: /);
  at('2026-11-25T03:00:00.000Z');
  await twoLooks();
  assert.equal((await backupsOf(context, id)).images.length, 1);
  await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails: policyDetails() }, context);
  assert.equal((await policy())?.State, 'ENABLED');
  at('2026-11-26T03:00:00.000Z');
  await twoLooks();
  assert.equal((await backupsOf(context, id)).images.length, 2);
});

test('a default policy backs up what has no recent backup, and may remove the last one', async () => {
  const one = await machine();
  const asked = { ExecutionRoleArn: policyRole, Description: 'All', State: 'ENABLED' };
  const request = { ...asked, DefaultPolicy: 'VOLUME', RetainInterval: 2, ExtendDeletion: true };
  const Exclusions = { ExcludeBootVolumes: true };
  const make = () => createLifecyclePolicy.run({ ...request, Exclusions }, context);
  const { PolicyId: id = '' } = await make();
  await assert.rejects(make(), { code: 'LimitExceededException' });
  at('2026-11-23T10:01:00.000Z');
  await twoLooks();
  at('2026-11-23T22:00:00.000Z');
  await twoLooks();
  const [data] = (await backupsOf(context, id)).snapshots;
  assert.equal(data?.volumeId, (await attachedVolumeIds(context, one.id))[1]);
  assert.equal((await backupsOf(context, id)).snapshots.length, 1);
  at('2026-11-24T10:01:00.000Z');
  await twoLooks();
  assert.equal((await backupsOf(context, id)).snapshots.length, 2);
  await deleteLifecyclePolicy.run({ PolicyId: id }, context);
  const get = getLifecyclePolicy.run({ PolicyId: id }, context);
  await assert.rejects(get, { code: 'ResourceNotFoundException' });
  at('2026-11-30T10:01:00.000Z');
  await twoLooks();
  assert.deepEqual((await backupsOf(context, id)).snapshots, []);
  const left = await context.catalog.read(async ({ backupPolicies, backupSources }) => [
    ...(await backupPolicies.list()),
    ...(await backupSources.list()),
  ]);
  assert.deepEqual(left, [], 'a policy that is gone and has nothing to remove is forgotten');
});

test('a policy that cannot be carried out is refused', async () => {
  const copy = { TargetRegion: 'eu-west-1', Encrypted: false };
  const archive = { RetainRule: { RetentionArchiveTier: { Count: 4 } } };
  const schedule = policyDetails().Schedules[0];
  for (const [change, details] of [
    [{ RetainRule: { Count: 0 } }],
    [{ RetainRule: { Count: 1001 } }],
    [{ RetainRule: { Count: 1, Interval: 1, IntervalUnit: 'DAYS' } }],
    [{ RetainRule: { Interval: 1, IntervalUnit: 'HOURS' } }],
    [{ RetainRule: { Interval: 101, IntervalUnit: 'YEARS' } }],
    [{ RetainRule: undefined }],
    [{ CreateRule: undefined }],
    [{ CreateRule: { Interval: 5 } }],
    [{ CreateRule: { Interval: 24, Times: ['3:00'] } }],
    [{ CreateRule: { Interval: 24, Times: ['03:00', '04:00'] } }],
    [{ CreateRule: { Interval: 24, CronExpression: 'cron(0 3 * * ? *)' } }],
    [{ CreateRule: { CronExpression: 'rate(1 day)' } }],
    [{ DeprecateRule: { Count: 4 } }],
    [{ DeprecateRule: { Interval: 1, IntervalUnit: 'DAYS' } }],
    [{ ShareRules: [{ TargetAccounts: ['123456789012'] }] }],
    [{ FastRestoreRule: { Count: 1, AvailabilityZones: ['us-east-1a'] } }],
    [{ ArchiveRule: archive }, ofVolumes],
    [{ ShareRules: [{ TargetAccounts: ['me'] }] }, ofVolumes],
    [{ VariableTags: [{ Key: 'a', Value: '$(instance-id)' }] }, ofVolumes],
    [{ VariableTags: [{ Key: 'a', Value: 'b' }] }],
    [{ CrossRegionCopyRules: [copy, copy] }],
    [{ CrossRegionCopyRules: [{ ...copy, TargetRegion: 'us-east-1' }] }],
    [{ CrossRegionCopyRules: [{ ...copy, TargetRegion: 'moon' }] }],
    [{}, { PolicyType: 'EVENT_BASED_POLICY' }],
    [{}, { ResourceTypes: ['VOLUME'] }],
    [{}, { ResourceTypes: [] }],
    [{}, { TargetTags: [] }],
    [{}, { Schedules: [] }],
    [{}, { Schedules: [schedule, schedule] }],
    [{}, { Parameters: { ExcludeBootVolume: true } }],
    [{}, { CreateInterval: 2 }],
  ] as [object, object?][]) {
    await assert.rejects(
      makePolicy(context, policyDetails(change, details)),
      ({ code }: { code: string }) => /^Invalid(Request|Parameter)/.test(code),
      JSON.stringify([change, details]),
    );
  }
  for (const change of [
    { State: 'PAUSED' },
    { Description: 'a.b' },
    { ExecutionRoleArn: 'me' },
    { DefaultPolicy: 'VOLUME' },
  ]) {
    await assert.rejects(makePolicy(context, policyDetails(), change), {
      code: 'InvalidRequestException',
    });
  }
});
