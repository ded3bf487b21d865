/** A second store whose blocks rot: by the clock of the test all of it is read, and put again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlockMap } from '../blocks/block-map.ts';
import { type BlockReader, type Digest, digestOf } from '../blocks/block-store.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { lockStore } from '../blocks/fs/store-lock.ts';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { type CrashStory, tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import type { Files } from '../files/files.ts';
import { readCatalogRecord } from './catalog-record.ts';
import type { StoreCopy } from './store-copy.ts';
import { allMs, damageOf, overwrite, passTime, roundOf, World } from './test-copied-store.ts';
import { allLines } from './test-sealed.ts';

const fileThere = (digest: Digest) => `/second/${digest.slice(0, 2)}/${digest.slice(2)}`;

/** Of one block another byte, and another one goes. */
async function damageTwo(files: Files, root: Digest, store: BlockReader): Promise<Digest[]> {
  const map = await readBlockMap(store, root);
  const [one, other] = await Array.fromAsync(map.entries(), ({ digest }) => digest);
  assert.ok(one && other);
  await overwrite(files, fileThere(one));
  await files.unlink(fileThere(other));
  return [one, other];
}

/** So much later as it takes until all was verified, and what was found put again. */
async function verifyAll(copy: StoreCopy) {
  for (let round = 0; round < 3; round++) {
    passTime(allMs);
    await copy.round();
  }
  return copy.describe();
}

test('what rots or goes missing there is found by the clock, and put again from here', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const root = await world.snapshot('snap-1', 5);
  await using copy = world.copyTo(files);
  await roundOf(copy);
  const damaged = await damageTwo(files, root, world.store);
  // Nobody reads all of it at once.
  passTime(1);
  assert.deepEqual((await roundOf(copy)).verified?.damage, []);
  const found: Digest[] = [];
  for (let round = 0; round < 3; round++) {
    passTime(allMs / 2);
    const { verified } = await roundOf(copy);
    found.push(...(verified?.damage ?? []).map(({ digest }) => digest));
  }
  assert.deepEqual(new Set(found), new Set(damaged));
  const { verified } = await verifyAll(copy);
  assert.deepEqual(verified?.damage, []);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, [root]), []);
});

test('a sealed catalog that rots there is put again, in a store that is locked as well', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  await world.snapshot('snap-1', 1);
  await using copy = world.copyTo(files);
  await roundOf(copy);
  await lockStore(files, '/second', new Date(Date.now() + 86_400_000));
  const sealed = (await readCatalogRecord(world.store))?.catalogs.at(-1)?.root;
  assert.ok(sealed);
  const map = await readBlockMap(world.store, sealed);
  const [part] = await Array.fromAsync(map.entries(), ({ digest }) => digest);
  for (const digest of [sealed, ...map.pages(), part ?? '']) {
    await overwrite(files, fileThere(digest));
  }
  const { verified, problem } = await verifyAll(copy);
  assert.deepEqual([verified?.damage, problem], [[], undefined]);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, []), []);
  assert.equal((await allLines(second)).at(-1)?.length, 1);
});

test('of what is archived it is put again from the file, within the hour', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const root = await world.snapshot('snap-1', 3);
  const map = await readBlockMap(world.store, root);
  const [block = ''] = await Array.fromAsync(map.entries(), ({ digest }) => digest);
  await world.archive('snap-1');
  await using copy = world.copyTo(files);
  await roundOf(copy);
  await overwrite(files, fileThere(block));
  const [damage] = (await verifyAll(copy)).verified?.damage ?? [];
  assert.deepEqual([damage?.digest, damage?.snapshotIds], [block, ['snap-1']]);
  passTime(3_600_000);
  await verifyAll(copy);
  assert.deepEqual(copy.describe().verified?.damage, []);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, [root]), []);
});

test('what is damaged at both ends is told with whose it is, and bars nothing else', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const root = await world.snapshot('snap-1', 1);
  await using copy = world.copyTo(files);
  await roundOf(copy);
  const damaged = await damageTwo(files, root, world.store);
  {
    await using collection = await world.store.collect();
    const { id } = await collection.beginRound(null);
    for (const digest of damaged) {
      await collection.condemn(id, digest);
      assert.equal(await collection.destroy(id, digest), true);
    }
  }
  await verifyAll(copy);
  passTime(3_600_000);
  const next = await world.snapshot('snap-2', 1);
  await copy.round();
  const { verified, problem } = await verifyAll(copy);
  // What the new one has, too, is whole here again.
  const shared = digestOf(Buffer.alloc(2 ** 19, 'shared'));
  const [left] = damaged.filter((digest) => digest !== shared);
  assert.deepEqual(
    verified?.damage.map(({ digest, snapshotIds }) => [digest, snapshotIds]),
    [[left, ['snap-1']]],
  );
  assert.match(problem ?? '', /^snap-1.* cannot be read, and is not there$/);
  const second = await FsBlockStore.open('/second', { files });
  assert.equal(await second.has(next), true);
});

test('a disk that goes away is not taken for one that has lost its blocks', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  await world.snapshot('snap-1', 3);
  await using copy = world.copyTo(files);
  await roundOf(copy);
  world.awayIn = 2;
  passTime(allMs);
  await copy.round();
  const { verified, problem } = copy.describe();
  assert.match(problem ?? '', /is not in \/second now/);
  assert.equal(verified, undefined);
});

const healingStory: CrashStory = {
  name: 'damage there',
  async begin(files) {
    const world = new World();
    const root = await world.snapshot('snap-1', 2);
    await using before = world.copyTo(files);
    await roundOf(before);
    await damageTwo(files, root, world.store);
    return {
      async act() {
        await using copy = world.copyTo(files);
        await verifyAll(copy);
      },
      async restart(left) {
        await using copy = world.copyTo(left);
        const { problem, verified } = await verifyAll(copy);
        const store = await FsBlockStore.open('/second', { files: left });
        const told = [...(problem ? [problem] : []), ...(verified?.damage ?? [])];
        const lost = [...(await damageOf(store, [root])), ...told.map((each) => `${each}`)];
        return { lost, doubled: [], leaked: await left.readdir('/second/incoming') };
      },
    };
  },
};

test('cut off anywhere in that, all is whole in the end', async () => {
  const { points, failures } = await tryCrashPoints(healingStory, { seed: 14, oneIn: 3 });
  assert.ok(points > 1, `${points}`);
  assert.deepEqual(failures, []);
});
