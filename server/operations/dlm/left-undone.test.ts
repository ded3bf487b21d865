/** What policies cannot do: it undoes nothing else, is told in StatusMessage, and is gone when it is done. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { enableEbsEncryptionByDefault } from '../ec2/volumes/EnableEbsEncryptionByDefault.ts';
import {
  backupsOf,
  makePolicy,
  policyDetails,
  round,
  wholeRound,
} from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { insertRunningInstance } from '../test-instances.ts';
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

const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };

async function machine() {
  const tagged = { Tags: [{ Key: 'backup', Value: 'yes' }] };
  return insertRunningInstance(context, await insertImage(context), {
    TagSpecifications: ['instance', 'volume'].map((each) => ({ ResourceType: each, ...tagged })),
  });
}

async function told(PolicyId: string): Promise<string> {
  const { Policy } = await getLifecyclePolicy.run({ PolicyId }, context);
  assert.equal(Policy?.State, 'ENABLED');
  return Policy.StatusMessage ?? '';
}

test('a snapshot that cannot have fast restores is copied and shared, and the policy says why', async () => {
  await enableEbsEncryptionByDefault.run({}, context);
  await machine();
  const other = await context.asNewAccount();
  const id = await makePolicy(
    context,
    policyDetails(
      {
        FastRestoreRule: { Count: 1, AvailabilityZones: ['us-east-1a'] },
        ShareRules: [{ TargetAccounts: [other.caller.account] }],
        CrossRegionCopyRules: [{ Target: 'eu-west-1', Encrypted: false }],
      },
      ofVolumes,
    ),
  );
  at('2026-11-24T03:00:00.000Z');
  await round(context);
  await wholeRound(context, 1);
  const { snapshots } = await backupsOf(context, id);
  assert.equal(snapshots.filter(({ region }) => region === 'eu-west-1').length, 2);
  const own = snapshots.filter(({ region }) => region === 'us-east-1');
  for (const { backup, createVolumePermissions } of own) {
    assert.ok(backup?.settledAt);
    assert.equal(createVolumePermissions?.length, 1);
  }
  const first = own[0]?.id;
  assert.match(await told(id), /^snap-[0-9a-f]+: The blocks of an encrypted snapshot .* snap-/);
  assert.ok((await told(id)).includes(`${first}: `));
  // The next look finds nothing that is new, and says the same.
  const before = await told(id);
  at('2026-11-24T05:00:00.000Z');
  await round(context);
  assert.equal(await told(id), before);
  const PolicyDetails = policyDetails({}, ofVolumes);
  await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails }, context);
  at('2026-11-24T07:00:00.000Z');
  await round(context);
  assert.equal(await told(id), 'ENABLED');
});

test('a snapshot gets its fast restores when others have made room for it', async () => {
  await machine();
  const zones = { AvailabilityZones: ['us-east-1a'] };
  const id = await makePolicy(
    context,
    policyDetails({ FastRestoreRule: { Count: 3, ...zones } }, ofVolumes),
  );
  for (const day of [24, 25, 26]) {
    at(`2026-11-${day}T03:00:00.000Z`);
    await wholeRound(context, 2);
    // Of two volumes three each: a zone has five.
    if (day < 26) assert.equal(await told(id), 'ENABLED');
  }
  assert.match(await told(id), /at most 5 snapshots in a zone/);
  const few = policyDetails({ FastRestoreRule: { Count: 2, ...zones } }, ofVolumes);
  await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails: few }, context);
  for (const hour of [5, 7]) {
    at(`2026-11-26T0${hour}:00:00.000Z`);
    await round(context);
  }
  assert.equal(await told(id), 'ENABLED');
  const { snapshots } = await backupsOf(context, id);
  const fast = await context.catalog.read(({ fastRestores }) => fastRestores.list());
  const enabling = fast.filter(({ state }) => state === 'enabling').map((row) => row.snapshotId);
  const newest = snapshots.slice(-4).map((row) => row.id);
  assert.ok(
    newest.every((each) => enabling.includes(each)),
    `${enabling}`,
  );
});
