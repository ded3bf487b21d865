/**
 * What a default policy leaves out, and what it gives to what it makes; that it backs up what has no
 * recent backup, and may remove the last one, is effects.test.ts's.
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { backupsOf, makePolicy, wholeRound } from '../test-backup-policies.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage } from '../test-images.ts';
import { attachedVolumeIds, insertRunningInstance, moveInstance } from '../test-instances.ts';

let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function machine(tags: Record<string, string>, VolumeType = 'gp2') {
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const BlockDeviceMappings = [{ DeviceName: '/dev/sdf', Ebs: { VolumeSize: 2, VolumeType } }];
  const { id } = await insertRunningInstance(context, await insertImage(context), {
    BlockDeviceMappings,
    TagSpecifications: ['instance', 'volume'].map((ResourceType) => ({ ResourceType, Tags })),
  });
  return { id, volumeIds: await attachedVolumeIds(context, id) };
}

function makeDefault(DefaultPolicy: string, more: object = {}): Promise<string> {
  return makePolicy(context, undefined, { PolicyDetails: undefined, DefaultPolicy, ...more });
}

/** It is due in the minute after it was made. */
async function day(number: number): Promise<void> {
  context.now = new Date(`2026-11-${number}T10:01:00.000Z`);
  await wholeRound(context);
}

test('a default policy of volumes leaves out those of the types that it excludes', async () => {
  const { volumeIds } = await machine({ name: 'web' }, 'gp2');
  const other = await machine({ name: 'web' }, 'standard');
  const excluded = new Set(['standard', 'io2']);
  const types = await context.catalog.read(({ volumes }) => volumes.list());
  const wanted = types.filter(({ volumeType }) => !excluded.has(volumeType)).map(({ id }) => id);
  assert.ok(wanted.includes(volumeIds[1] ?? '') && !wanted.includes(other.volumeIds[1] ?? ''));
  const id = await makeDefault('VOLUME', { Exclusions: { ExcludeVolumeTypes: [...excluded] } });
  await day(23);
  const { snapshots } = await backupsOf(context, id);
  assert.deepEqual(snapshots.map(({ volumeId }) => volumeId).sort(), wanted.sort());
});

test('one of machines leaves out those that have one of the tags that it excludes', async () => {
  const ExcludeTags = [
    { Key: 'backup', Value: 'no' },
    { Key: 'scratch', Value: 'yes' },
  ];
  const wanted = [await machine({ backup: 'yes' }), await machine({ no: 'backup' })];
  await machine({ backup: 'no' });
  await machine({ name: 'web', scratch: 'yes' });
  const id = await makeDefault('INSTANCE', { Exclusions: { ExcludeTags } });
  await day(23);
  const { images } = await backupsOf(context, id);
  assert.deepEqual(
    images.map((row) => row.sourceInstanceId).sort(),
    wanted.map((row) => row.id),
  );
});

for (const [DefaultPolicy, kind] of [
  ['VOLUME', 'snapshots'],
  ['INSTANCE', 'images'],
] as const) {
  for (const CopyTags of [true, false]) {
    test(`of ${DefaultPolicy} copies are in the regions it says, ${CopyTags ? 'with' : 'without'} the source's tags`, async () => {
      await machine({ team: 'web' });
      const CrossRegionCopyTargets = [{ TargetRegion: 'eu-west-1' }];
      const id = await makeDefault(DefaultPolicy, { CopyTags, CrossRegionCopyTargets });
      await day(23);
      const made = (await backupsOf(context, id))[kind];
      const each = kind === 'images' ? 1 : 2;
      const regions = made.map(({ region }) => region);
      assert.deepEqual(
        regions.sort(),
        ['eu-west-1', 'us-east-1'].flatMap((region) => Array(each).fill(region)),
      );
      const tags = new Set(made.map((row) => row.tags.team));
      assert.deepEqual(tags, new Set([CopyTags ? 'web' : undefined]));
    });
  }

  test(`of ${DefaultPolicy} both are kept for RetainInterval days, and the last one stays`, async () => {
    const { id: machineId } = await machine({ name: 'web' });
    const CrossRegionCopyTargets = [{ TargetRegion: 'eu-west-1' }];
    const asked = { CreateInterval: 2, RetainInterval: 3, CrossRegionCopyTargets };
    const id = await makeDefault(DefaultPolicy, asked);
    const days = async () => {
      const made = (await backupsOf(context, id))[kind];
      return [...new Set(made.map((row) => `${row.region} ${row.createdAt.slice(8, 10)}`))].sort();
    };
    for (const number of [23, 24, 25, 26, 27]) await day(number);
    const both = (...numbers: number[]) =>
      ['eu-west-1', 'us-east-1'].flatMap((region) => numbers.map((each) => `${region} ${each}`));
    // That of the 23rd had its time, and that of the 25th is as old as it may be.
    assert.deepEqual(await days(), both(25, 27));
    await moveInstance(context, machineId, { state: 'terminated' });
    await context.catalog.write(async ({ volumes }) => {
      for (const { id: volumeId } of await volumes.list()) await volumes.delete(volumeId);
    });
    await day(29);
    context.now = new Date('2026-12-20T10:01:00.000Z');
    await wholeRound(context);
    assert.deepEqual(await days(), both(27));
  });
}
