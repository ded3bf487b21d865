/** Backup policies: what is told of them, what they make by the clock, and what they keep. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import {
  backupsOf,
  endCaptures,
  makePolicy,
  policyDetails,
  policyRole,
  round,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { insertRunningInstance, moveInstance } from '../test-instances.ts';
import { deleteLifecyclePolicy } from './DeleteLifecyclePolicy.ts';
import { getLifecyclePolicies } from './GetLifecyclePolicies.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';
import { listTagsForResource } from './ListTagsForResource.ts';
import { tagResource } from './TagResource.ts';
import { untagResource } from './UntagResource.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const at = (time: string) => {
  context.now = new Date(time);
};
const told = async (id: string) =>
  JSON.parse(JSON.stringify((await getLifecyclePolicy.run({ PolicyId: id }, context)).Policy));
const tagged = { ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes' }] };

async function machine(tags: object = tagged) {
  return insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: [tags],
  });
}

/** A round, its captures, and a look at what came of them. */
async function wholeRound(isGood = true): Promise<void> {
  await round(context);
  await endCaptures(context, isGood);
  context.now = new Date(context.now.getTime() + 60_000);
  await round(context);
}

test('what is told of a policy can be said again', async () => {
  const id = await makePolicy(context, policyDetails());
  const { PolicyDetails: details } = await told(id);
  await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails: details }, context);
  assert.deepEqual((await told(id)).PolicyDetails, details);
});

test('a policy is told as it was said, found, changed, tagged and deleted', async () => {
  const schedule = {
    CopyTags: true,
    TagsToAdd: [{ Key: 'kind', Value: 'daily' }],
    VariableTags: [{ Key: 'of', Value: '$(instance-id)' }],
    CrossRegionCopyRules: [
      {
        ...{ TargetRegion: 'eu-west-1', Encrypted: false, CopyTags: true },
        RetainRule: { Interval: 2, IntervalUnit: 'WEEKS' },
        DeprecateRule: { Interval: 1, IntervalUnit: 'WEEKS' },
      },
    ],
    DeprecateRule: { Count: 1 },
  };
  const details = policyDetails(schedule, { Parameters: { NoReboot: true } });
  const id = await makePolicy(context, details, { Tags: { team: 'web' } });
  const policy = await told(id);
  assert.deepEqual(policy, {
    PolicyId: id,
    Description: 'All of them',
    State: 'ENABLED',
    StatusMessage: 'ENABLED',
    ExecutionRoleArn: policyRole,
    DateCreated: context.now.toISOString(),
    DateModified: context.now.toISOString(),
    PolicyDetails: {
      ...details,
      ResourceLocations: ['CLOUD'],
      PolicyLanguage: 'STANDARD',
      Schedules: [
        {
          ...details.Schedules[0],
          CreateRule: { ...details.Schedules[0]?.CreateRule, Location: 'CLOUD' },
          ShareRules: [],
        },
      ],
    },
    Tags: { team: 'web' },
    PolicyArn: `arn:aws:dlm:us-east-1:${context.caller.account}:policy/${id}`,
    DefaultPolicy: false,
  });
  const found = async (filter: object) =>
    (await getLifecyclePolicies.run(filter, context)).Policies?.map(({ PolicyId }) => PolicyId);
  for (const filter of [
    {},
    { PolicyIds: [id] },
    { State: 'ENABLED', ResourceTypes: ['INSTANCE'] },
    { TargetTags: ['backup=yes'], TagsToAdd: ['kind=daily'] },
  ]) {
    assert.deepEqual(await found(filter), [id], JSON.stringify(filter));
  }
  for (const filter of [
    { State: 'ERROR' },
    { ResourceTypes: ['VOLUME'] },
    { TargetTags: ['backup=no'] },
    { TagsToAdd: ['kind=weekly'] },
    { DefaultPolicyType: 'ALL' },
  ]) {
    assert.deepEqual(await found(filter), [], JSON.stringify(filter));
  }
  await updateLifecyclePolicy.run(
    { PolicyId: id, State: 'DISABLED', Description: 'Others', ExecutionRoleArn: `${policyRole}2` },
    context,
  );
  const { State, Description, ExecutionRoleArn, PolicyDetails } = await told(id);
  assert.deepEqual(
    [State, Description, ExecutionRoleArn],
    ['DISABLED', 'Others', `${policyRole}2`],
  );
  assert.deepEqual(PolicyDetails, policy.PolicyDetails);
  const ResourceArn = policy.PolicyArn;
  await tagResource.run({ ResourceArn, Tags: { a: 'b' } }, context);
  await untagResource.run({ ResourceArn, TagKeys: ['team'] }, context);
  assert.deepEqual(await listTagsForResource.run({ ResourceArn }, context), { Tags: { a: 'b' } });
  await deleteLifecyclePolicy.run({ PolicyId: id }, context);
  await assert.rejects(told(id), { code: 'ResourceNotFoundException' });
});

test('images of tagged machines are made when it is time, tagged, and thinned out by count', async () => {
  const one = await machine();
  await machine({ ResourceType: 'instance', Tags: [{ Key: 'backup', Value: 'yes indeed' }] });
  const schedule = {
    CopyTags: true,
    TagsToAdd: [{ Key: 'kind', Value: 'daily' }],
    VariableTags: [{ Key: 'of', Value: '$(instance-id)' }],
  };
  const id = await makePolicy(context, policyDetails(schedule));
  await round(context);
  assert.deepEqual((await backupsOf(context, id)).images, []);
  for (let day = 24; day <= 28; day++) {
    at(`2026-11-${day}T03:00:10.000Z`);
    await wholeRound();
    // Once a day, and of those that have this very tag.
    await round(context);
  }
  const { images } = await backupsOf(context, id);
  assert.deepEqual(
    images.map(({ createdAt, state }) => `${createdAt.slice(8, 10)} ${state}`),
    ['26 available', '27 available', '28 available'],
  );
  const [first] = images;
  assert.deepEqual(first?.tags, {
    backup: 'yes',
    kind: 'daily',
    of: one.id,
    'aws:dlm:lifecycle-policy-id': id,
    'aws:dlm:lifecycle-schedule-name': 'Daily',
    'dlm:managed': 'true',
  });
  assert.equal(first?.backup?.dueAt, '2026-11-26T03:00:00.000Z');
  const snapshots = await context.catalog.read((reader) => reader.snapshots.list());
  const own = snapshots.filter(({ tags }) => tags['aws:dlm:lifecycle-policy-id'] === id);
  assert.equal(own.length, images.length * 2, 'snapshots go with their images');
});

test('failed ones do not count, missed times are made up for once, and a clock that is set back removes nothing', async () => {
  await machine();
  const id = await makePolicy(context, policyDetails({ RetainRule: { Count: 2 } }));
  const days = async () =>
    (await backupsOf(context, id)).images.map(
      ({ createdAt, state }) => `${createdAt.slice(8, 10)} ${state}`,
    );
  at('2026-11-24T03:00:00.000Z');
  await wholeRound();
  at('2026-11-25T03:00:00.000Z');
  await wholeRound();
  at('2026-11-26T03:00:00.000Z');
  await wholeRound(false);
  assert.deepEqual(await days(), ['24 available', '25 available', '26 failed']);
  // Imago was down for three days.
  at('2026-11-29T12:00:00.000Z');
  await wholeRound();
  assert.deepEqual(await days(), ['25 available', '29 available']);
  at('2026-11-20T02:00:00.000Z');
  await wholeRound();
  at('2026-11-20T03:00:00.000Z');
  await wholeRound();
  assert.deepEqual(await days(), ['20 available', '25 available', '29 available']);
  at('2026-11-30T03:00:00.000Z');
  await wholeRound();
  assert.deepEqual(await days(), ['29 available', '30 available']);
});

test('volumes and all volumes of a machine are taken by age; the last one stays when the source is gone', async () => {
  const one = await machine();
  const RetainRule = { Interval: 2, IntervalUnit: 'DAYS' };
  const snapshots = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['INSTANCE'] };
  const Parameters = { ExcludeBootVolume: true };
  const all = await makePolicy(context, policyDetails({ RetainRule }, snapshots));
  const some = await makePolicy(
    context,
    policyDetails({ RetainRule }, { ...snapshots, Parameters }),
  );
  at('2026-11-24T03:00:00.000Z');
  await wholeRound();
  at('2026-11-25T03:00:00.000Z');
  await wholeRound();
  const made = (await backupsOf(context, all)).snapshots;
  assert.equal(made.length, 4);
  assert.deepEqual(new Set(made.map(({ backup }) => backup?.instanceId)), new Set([one.id]));
  assert.match(made[0]?.tags['aws:dlm:expirationTime'] ?? '', /^2026-11-26T03:00/);
  assert.equal((await backupsOf(context, some)).snapshots.length, 2);
  await moveInstance(context, one.id, { state: 'terminated' });
  at('2026-12-24T03:00:00.000Z');
  await wholeRound();
  // The last set of the machine with both, and of the volume alone what is as new as that.
  const set = (await backupsOf(context, all)).snapshots;
  assert.equal(new Set(set.map(({ volumeId }) => volumeId)).size, 2);
  assert.deepEqual(new Set(set.map(({ createdAt }) => createdAt.slice(0, 10))).size, 1);
  assert.equal((await backupsOf(context, some)).snapshots.length, 1);
});
