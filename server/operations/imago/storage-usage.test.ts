import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, test } from 'node:test';
import { storeBlock, storeMap } from '../../blocks/test-blocks.ts';
import { addVolume } from '../../collection/test-rows.ts';
import { deregisterImage } from '../ec2/images/DeregisterImage.ts';
import { deleteSnapshot } from '../ec2/snapshots/DeleteSnapshot.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { insertImage, insertSnapshot } from '../test-images.ts';
import { describeStorageUsage } from './DescribeStorageUsage.ts';

const gib = 1024 ** 3;
let context: TestContext;
beforeEach(async () => {
  context = await createTestContext();
});
afterEach(() => context[Symbol.asyncDispose]());

async function rootOf(...sizes: (number | string)[]): Promise<string> {
  const changes = new Map<number, string>();
  for (const [index, size] of sizes.entries()) {
    const isNew = typeof size === 'number';
    changes.set(index, isNew ? await storeBlock(context.store, randomBytes(size)) : size);
  }
  return (await storeMap(context.store, { sizeBytes: gib, changes })).root;
}

/** An image of one snapshot with this map. */
async function imageOf(root: string) {
  const image = await insertImage(context);
  const snapshotId = image.blockDeviceMappings[0]?.ebs.snapshotId ?? '';
  await context.catalog.write(async ({ snapshots }) => {
    const row = await snapshots.get(snapshotId);
    if (row) await snapshots.update({ ...row, root, fullSizeBytes: 2 ** 20 });
  });
  return { image, snapshotId };
}

async function measured(input = {}) {
  while ((await describeStorageUsage.run(input, context)).State === 'measuring') {
    await context.storage.ended();
  }
  return describeStorageUsage.run(input, context);
}
const itemOf = async (id: string) => (await measured()).Items?.find(({ Id }) => Id === id);

test('an image is told with its snapshots: what it needs, shares, and would free', async () => {
  const common = await storeBlock(context.store, randomBytes(1000));
  const one = await imageOf(await rootOf(common, 5000));
  const other = await imageOf(await rootOf(common, 7000));
  const { Items = [], ItemCount, NeededBytes } = await measured();
  assert.equal(ItemCount, 2);
  assert.deepEqual(new Set(Items.map(({ Id }) => Id)), new Set([one.image.id, other.image.id]));
  const [most, least] = Items;
  assert.equal(most?.Id, other.image.id);
  assert.deepEqual(
    [most?.Kind, most?.Name, most?.AccountId, most?.FullBytes],
    ['image', other.image.name, context.caller.account, 2 ** 20],
  );
  const { volumeSizeGiB = 0 } = other.image.blockDeviceMappings[0]?.ebs ?? {};
  assert.equal(most?.LogicalBytes, volumeSizeGiB * gib);
  assert.equal(most?.SharedBytes, 1000);
  assert.equal((most?.ExclusiveBytes ?? 0) - (least?.ExclusiveBytes ?? 0), 2000);
  assert.equal(most?.StoredBytes, (most?.SharedBytes ?? 0) + (most?.ExclusiveBytes ?? 0));
  assert.equal(NeededBytes, (most?.StoredBytes ?? 0) + (least?.ExclusiveBytes ?? 0));
  assert.equal((await measured({ MaxResults: 1 })).Items?.length, 1);
});

test('what deleting an image frees is what it was told to', async () => {
  const common = await storeBlock(context.store, randomBytes(1000));
  const { image, snapshotId } = await imageOf(await rootOf(common, 5000));
  await imageOf(await rootOf(common));
  const told = (await itemOf(image.id))?.ExclusiveBytes;
  const kept = async () => {
    context.garbage.order({ graceMs: 0 });
    await context.garbage.ended();
    return context.garbage.usage()?.blockBytes ?? Number.NaN;
  };
  const before = await kept();
  await deregisterImage.run({ ImageId: image.id }, context);
  await deleteSnapshot.run({ SnapshotId: snapshotId }, context);
  assert.equal(before - (await kept()), told);
  assert.equal(await itemOf(image.id), undefined);
});

test('volumes, and snapshots of no image, are told by themselves, and share with images', async () => {
  const root = await rootOf(5000);
  const { image } = await imageOf(root);
  const { id } = await insertSnapshot(context, { root: await rootOf(300) });
  assert.equal((await itemOf(id))?.Kind, 'snapshot');
  assert.ok(((await itemOf(image.id))?.ExclusiveBytes ?? 0) > 5000);
  const volume = await addVolume(context.catalog, { base: root });
  assert.equal((await itemOf(volume))?.Kind, 'volume');
  assert.equal((await itemOf(image.id))?.ExclusiveBytes, 0);
});

test('files in the archive are told beside what is in the store', async () => {
  const archive = { map: 'ab'.repeat(32), host: context.site.hostId, sizeBytes: 4321 };
  const { id } = await insertSnapshot(context, { root: undefined, archive });
  const item = await itemOf(id);
  assert.deepEqual([item?.ArchivedBytes, item?.StoredBytes, item?.Kind], [4321, 0, 'snapshot']);
});

test('maps that cannot be read are an error, and what is wrong with the request another', async () => {
  await imageOf('ab'.repeat(32));
  const { State, Error: why } = await measured();
  assert.equal(State, 'failed');
  assert.match(why ?? '', /missing/);
  for (const MaxResults of [0, 1.5, 1e9]) {
    await assert.rejects(describeStorageUsage.run({ MaxResults }, context), {
      code: 'InvalidParameterValue',
    });
  }
});
