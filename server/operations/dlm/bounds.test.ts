/** Bounds and exclusions of policies, each as AWS documents it. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { makePolicy, policyDetails, policyRole } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { createLifecyclePolicy } from './CreateLifecyclePolicy.ts';
import { getLifecyclePolicies } from './GetLifecyclePolicies.ts';
import { getLifecyclePolicy } from './GetLifecyclePolicy.ts';
import { updateLifecyclePolicy } from './UpdateLifecyclePolicy.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

const tags = (count: number, Value = 'x') =>
  Array.from({ length: count }, (_, at) => ({ Key: `key-${at}`, Value }));
const days = (Interval: number) => ({ Interval, IntervalUnit: 'DAYS' });
const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };
const ofMachines = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['INSTANCE'] };
const copy = { TargetRegion: 'eu-west-1', Encrypted: false };
const share = { TargetAccounts: ['123456789012'] };
const archiving = {
  CreateRule: { CronExpression: 'cron(0 3 1 * ? *)' },
  RetainRule: { Count: 0 },
  ArchiveRule: { RetainRule: { RetentionArchiveTier: { Count: 4 } } },
};

async function refusal(run: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(run, ({ code, message: text }: { code: string; message: string }) => {
    assert.match(text, message);
    return code === 'InvalidRequestException';
  });
}

const refused: [RegExp, object, object?][] = [
  [/TagsToAdd has at most 45/, { TagsToAdd: tags(46) }],
  [/VariableTags has at most 45/, { VariableTags: tags(46, '$(timestamp)') }],
  [/TargetTags has at most 50/, {}, { TargetTags: tags(51) }],
  [/ExcludeDataVolumeTags/, {}, { ...ofMachines, Parameters: { ExcludeDataVolumeTags: tags(51) } }],
  [/ShareRules has at most 1/, { ShareRules: [share, share] }, ofVolumes],
  [/Name has from 1 to 120/, { Name: 'a/b' }],
  [/Name has from 1 to 120/, { Name: '' }],
  [
    /DeprecateRule of a copy rule/,
    { CrossRegionCopyRules: [{ ...copy, RetainRule: days(2), DeprecateRule: days(3) }] },
  ],
  [/CmkArn/, { CrossRegionCopyRules: [{ ...copy, Encrypted: true, CmkArn: 'key' }] }],
  [
    /AvailabilityZones has at most 10/,
    { FastRestoreRule: { Count: 1, AvailabilityZones: Array(11).fill('us-east-1a') } },
    ofVolumes,
  ],
  [/RetainRule/, { ...archiving, ShareRules: [share] }, ofVolumes],
  [/RetainRule/, { ...archiving, CrossRegionCopyRules: [copy] }, ofVolumes],
  [
    /One schedule/,
    {},
    {
      ...ofVolumes,
      Schedules: ['One', 'Other'].map((Name) => ({ Name, ...archiving })),
    },
  ],
];

for (const [message, schedule, details] of refused) {
  test(`refused: ${message.source} ${JSON.stringify(schedule).slice(0, 60)}`, () =>
    refusal(makePolicy(context, policyDetails(schedule, details)), message));
}

const asked = { ExecutionRoleArn: policyRole, Description: 'All', State: 'ENABLED' };
const make = (request: object) => createLifecyclePolicy.run({ ...asked, ...request }, context);

test('a default policy has what default policies have, said once', async () => {
  const simple = { PolicyLanguage: 'SIMPLIFIED', ResourceType: 'VOLUME' };
  for (const [message, request] of [
    [
      /by both/,
      { DefaultPolicy: 'VOLUME', CreateInterval: 2, PolicyDetails: { RetainInterval: 9 } },
    ],
    [/TargetTags is for custom/, { PolicyDetails: { ...policyDetails(), ...simple } }],
    [/Schedules is for custom/, { PolicyDetails: { ...simple, Schedules: [] } }],
    [/ResourceType is not INSTANCE/, { DefaultPolicy: 'INSTANCE', PolicyDetails: simple }],
    [/PolicyType/, { PolicyDetails: { ...simple, PolicyType: 'IMAGE_MANAGEMENT' } }],
    [/SIMPLIFIED/, { DefaultPolicy: 'VOLUME', PolicyDetails: { PolicyLanguage: 'STANDARD' } }],
    [/ExcludeTags/, { DefaultPolicy: 'INSTANCE', Exclusions: { ExcludeTags: tags(51) } }],
    [
      /'moon' is no type/,
      { DefaultPolicy: 'VOLUME', Exclusions: { ExcludeVolumeTypes: ['moon'] } },
    ],
  ] as [RegExp, object][]) {
    await refusal(make(request), message);
  }
  // As Terraform says it.
  const { PolicyId = '' } = await make({
    DefaultPolicy: 'VOLUME',
    PolicyDetails: { ...simple, PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', CreateInterval: 5 },
  });
  const told = async () => (await getLifecyclePolicy.run({ PolicyId }, context)).Policy;
  assert.equal((await told())?.PolicyDetails?.CreateInterval, 5);
  assert.equal((await told())?.PolicyDetails?.Exclusions, undefined);
  const change = (PolicyDetails: object) =>
    updateLifecyclePolicy.run({ PolicyId, PolicyDetails }, context);
  await refusal(change(policyDetails()), /is for custom/);
  await refusal(change({ ...simple, ResourceType: 'INSTANCE' }), /ResourceType/);
  await change((await told())?.PolicyDetails ?? {});
  await change({ ...simple, CreateInterval: 3 });
  assert.equal((await told())?.PolicyDetails?.CreateInterval, 3);
});

test('one type of resources is looked for', () =>
  refusal(
    getLifecyclePolicies.run({ ResourceTypes: ['VOLUME', 'INSTANCE'] }, context),
    /ResourceTypes/,
  ));

test('a policy in error says why until it is changed for that', async () => {
  const PolicyId = await makePolicy(context);
  await context.catalog.write(async ({ backupPolicies }) => {
    const row = await backupPolicies.get(PolicyId);
    const error = { state: 'ERROR', statusMessage: 'The key is gone.' } as const;
    if (row) await backupPolicies.update({ ...row, ...error });
  });
  const told = async () => {
    const { Policy } = await getLifecyclePolicy.run({ PolicyId }, context);
    return [Policy?.State, Policy?.StatusMessage];
  };
  await updateLifecyclePolicy.run({ PolicyId, Description: 'Others' }, context);
  assert.deepEqual(await told(), ['ERROR', 'The key is gone.']);
  await updateLifecyclePolicy.run({ PolicyId, State: 'ENABLED' }, context);
  assert.deepEqual(await told(), ['ENABLED', 'ENABLED']);
});
