/**
 * What policies cannot do: it undoes nothing else, is told in StatusMessage, and is gone when it is
 * done.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { Random } from '../../../test/fuzz/random.ts';
import { killed } from '../../catalog/test-faulty-catalog.ts';
import { disableImageDeregistrationProtection } from '../ec2/images/DisableImageDeregistrationProtection.ts';
import { enableImageDeregistrationProtection } from '../ec2/images/EnableImageDeregistrationProtection.ts';
import { enableEbsEncryptionByDefault } from '../ec2/volumes/EnableEbsEncryptionByDefault.ts';
import { modifyEbsDefaultKmsKeyId } from '../ec2/volumes/ModifyEbsDefaultKmsKeyId.ts';
import { createKey } from '../kms/CreateKey.ts';
import {
  backupsOf,
  endCaptures,
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

/** By a key that snapshots can be shared under. */
async function encryptAll() {
  const { KeyMetadata: { KeyId } = {} } = await createKey.run({}, context);
  await modifyEbsDefaultKmsKeyId.run({ KmsKeyId: KeyId ?? '' }, context);
  await enableEbsEncryptionByDefault.run({}, context);
}

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
  await encryptAll();
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

const accounts = (count: number) => Array.from({ length: count }, (_, at) => `${at + 3e11}`);

for (const [why, { targets, prepare, mend, said }] of Object.entries({
  'for too many accounts': {
    targets: accounts(1001),
    prepare: async () => {},
    mend: { TargetAccounts: accounts(1000) },
    said: /^snap-[0-9a-f]+: .* cannot be shared with more than 1000 accounts/,
  },
  "since EBS's own key seals it": {
    targets: accounts(1),
    prepare: () => enableEbsEncryptionByDefault.run({}, context),
    mend: undefined,
    said: /^snap-[0-9a-f]+: Encrypted snapshots with EBS default key cannot be shared/,
  },
})) {
  test(`a snapshot that cannot be shared ${why} is copied all the same, once, and the policy says why`, async () => {
    await prepare();
    await machine();
    const copies = { CrossRegionCopyRules: [{ Target: 'eu-west-1', Encrypted: false }] };
    const details = (TargetAccounts: readonly string[] | undefined) =>
      policyDetails(
        { ...copies, ...(TargetAccounts && { ShareRules: [{ TargetAccounts }] }) },
        ofVolumes,
      );
    const id = await makePolicy(context, details(targets));
    at('2026-11-24T03:00:00.000Z');
    await wholeRound(context, 1);
    const madeIn = async (region: string) =>
      (await backupsOf(context, id)).snapshots.filter((row) => row.region === region);
    const copied = (await madeIn('eu-west-1')).map((row) => row.id);
    assert.equal(copied.length, 2);
    for (const { backup, createVolumePermissions } of await madeIn('us-east-1')) {
      assert.ok(backup?.settledAt);
      assert.equal(createVolumePermissions, undefined);
    }
    assert.match(await told(id), said);
    // Tried again, it comes to the same.
    at('2026-11-24T05:00:00.000Z');
    await round(context);
    assert.match(await told(id), said);
    const PolicyDetails = details(mend?.TargetAccounts);
    await updateLifecyclePolicy.run({ PolicyId: id, PolicyDetails }, context);
    at('2026-11-24T07:00:00.000Z');
    await round(context);
    assert.equal(await told(id), 'ENABLED');
    for (const { createVolumePermissions } of await madeIn('us-east-1')) {
      assert.deepEqual(createVolumePermissions, mend?.TargetAccounts);
    }
    assert.deepEqual(
      (await madeIn('eu-west-1')).map((row) => row.id),
      copied,
    );
  });
}

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

test('a full disk is told until there is room, and what is due is made up for', async () => {
  await machine();
  const id = await makePolicy(context);
  const roomy = context.measures;
  at('2026-11-24T03:00:00.000Z');
  context.measures = { ...roomy, freeDiskBytes: 0 };
  await round(context);
  assert.match(await told(id), /^us-east-1: .*disk/i);
  const { version } = await policyRow(id);
  await round(context);
  assert.equal((await policyRow(id)).version, version, 'it is written once');
  context.measures = roomy;
  await wholeRound(context, 1);
  assert.equal(await told(id), 'ENABLED');
  assert.equal((await backupsOf(context, id)).images.length, 1);
});

test('an image that is protected is told when it should go, and goes when it is not', async () => {
  await machine();
  const id = await makePolicy(context, policyDetails({ RetainRule: { Count: 1 } }));
  at('2026-11-24T03:00:00.000Z');
  await wholeRound(context, 1);
  const [first] = (await backupsOf(context, id)).images;
  const ImageId = first?.id ?? '';
  await enableImageDeregistrationProtection.run({ ImageId }, context);
  at('2026-11-25T03:00:00.000Z');
  await wholeRound(context, 1);
  assert.match(await told(id), new RegExp(`^${ImageId}: .*deregistration protection`));
  await disableImageDeregistrationProtection.run({ ImageId }, context);
  at('2026-11-25T05:00:00.000Z');
  await round(context);
  assert.equal(await told(id), 'ENABLED');
  assert.equal((await backupsOf(context, id)).images.length, 1);
});

test('a backup that failed is told until there is a whole one that is newer', async () => {
  await machine();
  const id = await makePolicy(context);
  at('2026-11-24T03:00:00.000Z');
  await round(context);
  await endCaptures(context, false);
  at('2026-11-24T03:01:00.000Z');
  await round(context);
  const [failed] = (await backupsOf(context, id)).images;
  assert.equal(await told(id), `${failed?.id}: The backup failed.`);
  at('2026-11-25T03:00:00.000Z');
  await wholeRound(context, 1);
  assert.equal(await told(id), 'ENABLED');
});

const monthly = { CreateRule: { CronExpression: 'cron(0 3 24 * ? *)' } };
const copyEach = {
  images: [{ ...monthly, CrossRegionCopyRules: [{ TargetRegion: 'eu-west-1', Encrypted: false }] }],
  snapshots: [
    { ...monthly, CrossRegionCopyRules: [{ Target: 'eu-west-1', Encrypted: false }] },
    ofVolumes,
  ],
} as const;

for (const [kind, said] of Object.entries(copyEach)) {
  const copies = async (id: string) => {
    const { images, snapshots } = await backupsOf(context, id);
    return [...images, ...snapshots].filter(({ region }) => region === 'eu-west-1');
  };
  /** With the backups whole and the copies failed. */
  const withFailed = async () => {
    await machine();
    const id = await makePolicy(context, policyDetails(...said));
    at('2026-11-24T03:00:00.000Z');
    await wholeRound(context, 1);
    await endCaptures(context, false);
    at('2026-11-24T03:02:00.000Z');
    await round(context);
    return id;
  };

  test(`copies of ${kind} that failed are told, and ordered again later and later until they are whole`, async () => {
    const id = await withFailed();
    const before = (await copies(id)).map((row) => row.id);
    assert.ok(before.length > 0);
    at('2026-11-24T03:30:00.000Z');
    await round(context);
    assert.match(await told(id), /The copy failed\./);
    assert.deepEqual(
      (await copies(id)).map((row) => row.id),
      before,
      'not at once',
    );
    for (const hour of ['05', '08', '13', '22']) {
      at(`2026-11-24T${hour}:00:00.000Z`);
      await round(context);
      assert.ok(
        (await copies(id)).every(({ state }) => state === 'pending'),
        hour,
      );
      assert.equal((await copies(id)).length, before.length);
      await endCaptures(context, hour === '22');
      context.now = new Date(context.now.getTime() + 60_000);
      await round(context);
    }
    assert.equal(await told(id), 'ENABLED');
    const made = await copies(id);
    assert.ok(made.every(({ state }) => /available|completed/.test(state)));
    // As old as what they are copies of.
    assert.ok(made.every(({ backup }) => backup?.takenAt?.startsWith('2026-11-24T03:00')));
  });

  test(`of ${kind} there is one copy in a region, wherever a second try is cut off`, async () => {
    const id = await withFailed();
    const count = (await copies(id)).length;
    for (let seed = 0; seed < 35; seed++) {
      context.now = new Date(context.now.getTime() + 60 * 60_000);
      const catalog = killed(context.catalog, new Random(seed));
      await round({ ...context, catalog }).catch(() => {});
      assert.equal((await copies(id)).length, count, `seed ${seed}`);
      await endCaptures(context, false);
    }
    context.now = new Date(context.now.getTime() + 24 * 60 * 60_000);
    await round(context);
    assert.ok(
      (await copies(id)).every(({ backup }) => (backup?.copyTries ?? 0) === 5),
      'no more',
    );
    assert.match(await told(id), /The copy failed\./);
  });
}

async function policyRow(id: string) {
  const row = await context.catalog.read(({ backupPolicies }) => backupPolicies.get(id));
  assert.ok(row);
  return row;
}
