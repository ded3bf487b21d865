/**
 * What policies say of how a backup is made, as tasks do it, with simulated machines: whether the
 * guest is booted anew for it, and under which key its copies are.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import { runInstances } from '../operations/ec2/instances/RunInstances.ts';
import { createTags } from '../operations/ec2/tags/CreateTags.ts';
import { createKey } from '../operations/kms/CreateKey.ts';
import { backupsOf, makePolicy, policyDetails, round } from '../operations/test-backup-policies.ts';
import { launchWritten } from './test-captures.ts';
import { TestImago, withFaults } from './test-imago.ts';

const mib = 1024 ** 2;
const far = 'eu-west-1';
const Tags = [{ Key: 'backup', Value: 'yes' }];

/** What the policy makes in the next minute, and what it does with it, has come to its end. */
async function madeBy(imago: TestImago, details: object) {
  const context = imago.context();
  const id = await makePolicy(context, details);
  for (let look = 0; look < 4; look++) {
    imago.advance(60_000);
    await round(context);
    await imago.untilQuiet();
  }
  return backupsOf(context, id);
}

/** Soon, and not again today. */
const once = { CreateRule: { Interval: 24, IntervalUnit: 'HOURS' } };

for (const [Parameters, seen] of [
  [undefined, ['pivot running']],
  [{ NoReboot: true }, ['pivot running']],
  [{ NoReboot: false }, ['pivot shutdown', 'reset']],
] as const) {
  const said = Parameters ? `NoReboot: ${Parameters.NoReboot}` : 'nothing said';
  test(`with ${said} the guest ${seen.length > 1 ? 'is' : 'is not'} booted anew for an image`, async () => {
    await using imago = await TestImago.start();
    const [id] = await launchWritten(imago, mib, 7);
    await imago.call(createTags, { Resources: [id], Tags });
    const told: string[] = [];
    const wrap = withFaults<Hypervisor>((hypervisor) => ({
      pivot: async (machine, ...rest) => {
        told.push(`pivot ${await hypervisor.status(machine)}`);
        return hypervisor.pivot(machine, ...rest);
      },
      reset: async (machine) => {
        told.push('reset');
        await hypervisor.reset(machine);
      },
    }));
    await imago.restart({ wrap });
    const { images } = await madeBy(imago, policyDetails(once, { Parameters }));
    assert.deepEqual(
      images.map(({ state }) => state),
      ['available'],
    );
    assert.deepEqual(told, seen);
    assert.equal((await imago.instance(id))?.state, 'running');
  });
}

async function newKey(imago: TestImago, region: string) {
  const { KeyMetadata: { KeyId, Arn } = {} } = await imago.call(createKey, {}, region);
  return { KeyId, Arn };
}

/** Of a byte that nothing else is made of. */
async function isPlainIn(store: MemoryBlockStore, byte: number): Promise<boolean> {
  for await (const { digest } of store.list()) {
    if ((await store.get(digest)).includes(Buffer.alloc(64, byte))) return true;
  }
  return false;
}

const ofVolumes = { PolicyType: 'EBS_SNAPSHOT_MANAGEMENT', ResourceTypes: ['VOLUME'] };

for (const [kind, details] of [
  ['images', {}],
  ['snapshots', ofVolumes],
] as const) {
  test(`copies of ${kind} are under the key that CmkArn names, and there is nothing plain of them`, async () => {
    await using imago = await TestImago.start();
    const [id, volumeId] = await launchWritten(imago, mib, 0xa5);
    await imago.call(createTags, { Resources: [id, volumeId], Tags });
    const { KeyId: keyId, Arn: CmkArn } = await newKey(imago, far);
    const rule = { TargetRegion: far, Encrypted: true, CmkArn };
    const copied = await copiesOf(imago, { ...once, CrossRegionCopyRules: [rule] }, details);
    assert.deepEqual(copied.keys, [keyId]);
    assert.deepEqual(copied.bytes, [0xa5]);
    assert.equal(await isPlainIn(imago.blocksElsewhere, 0xa5), false);
    assert.equal(await isPlainIn(imago.blocks, 0xa5), true);
  });
}

/** Under which keys they are, and what is read of them where it was written. */
async function copiesOf(imago: TestImago, schedule: object, details: object = {}) {
  const { images, snapshots } = await madeBy(imago, policyDetails(schedule, details));
  const copies = images.filter(({ region, state }) => region === far && state === 'available');
  const ids = copies.flatMap((row) => row.blockDeviceMappings.map(({ ebs }) => ebs.snapshotId));
  const rows = await imago.catalog.read((reader) => reader.snapshots.list());
  const own = new Set([...ids, ...snapshots.map((row) => row.id)]);
  const made = rows.filter((row) => row.region === far && own.has(row.id));
  assert.ok(made.every(({ state }) => state === 'completed'));
  return {
    keys: made.map(({ encryption }) => encryption?.keyId),
    bytes: await Promise.all(made.map((row) => imago.readSnapshot(row.id, mib))),
  };
}

test('an encrypted copy for which no key is said is under the default key of its region', async () => {
  await using imago = await TestImago.start();
  const [id] = await launchWritten(imago, mib, 0xa5);
  await imago.call(createTags, { Resources: [id], Tags });
  const rule = { TargetRegion: far, Encrypted: true };
  const { keys, bytes } = await copiesOf(imago, { ...once, CrossRegionCopyRules: [rule] });
  const aliases = await imago.catalog.read(({ kmsAliases }) => kmsAliases.list());
  const ofThere = aliases.filter(({ region }) => region === far).map((row) => row.keyId);
  assert.deepEqual([keys, bytes], [ofThere, [0xa5]]);
  assert.equal(await isPlainIn(imago.blocksElsewhere, 0xa5), false);
});

test('a copy of what is encrypted is encrypted, whatever the rule says', async () => {
  await using imago = await TestImago.start();
  const { KeyId: KmsKeyId } = await newKey(imago, 'us-east-1');
  const { Instances = [] } = await imago.call(runInstances, {
    ...{ ImageId: (await imago.image()).id, MinCount: 1, MaxCount: 1 },
    BlockDeviceMappings: [{ DeviceName: '/dev/xvda', Ebs: { Encrypted: true, KmsKeyId } }],
    TagSpecifications: [{ ResourceType: 'instance', Tags }],
  });
  const { InstanceId: id = '' } = Instances[0] ?? {};
  await imago.untilState(id, 'running');
  const [volumeId = ''] = await imago.volumeIds(id);
  await imago.write(volumeId, mib, 64 * 1024, 0xa5);
  const rule = { TargetRegion: far, Encrypted: false };
  const { keys, bytes } = await copiesOf(imago, { ...once, CrossRegionCopyRules: [rule] });
  assert.deepEqual(bytes, [0xa5]);
  assert.ok(keys[0] !== undefined && keys[0] !== KmsKeyId, 'under the key of that region');
  assert.equal(await isPlainIn(imago.blocksElsewhere, 0xa5), false);
});
