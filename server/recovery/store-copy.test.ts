import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBlockMap } from '../blocks/block-map.ts';
import { digestOf } from '../blocks/block-store.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { lockStore, StoreLockedError } from '../blocks/fs/store-lock.ts';
import { digestsIn } from '../blocks/test-blocks.ts';
import { Pace } from '../collection/pace.ts';
import { mapOf } from '../domain/snapshot-tiers.ts';
import { CrashingFiles } from '../files/crashing/crashing-files.ts';
import { type CrashStory, tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import type { Files } from '../files/files.ts';
import { readCatalogRecord, sealedCatalogRoots } from './catalog-record.ts';
import { damageOf, overwrite, passTime, roundOf, World } from './test-copied-store.ts';
import { allLines } from './test-sealed.ts';

test('a round copies what is not there yet, and a second one nothing', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const roots = [await world.snapshot('snap-1', 3)];
  await using copy = world.copyTo(files);
  const first = await roundOf(copy);
  assert.deepEqual(first.snapshots, { done: 1, total: 1 });
  assert.ok(first.copied.blocks > 6, `${first.copied.blocks}`);
  assert.equal((await roundOf(copy)).copied.blocks, 0);
  roots.push(await world.snapshot('snap-2', 1));
  const { copied } = await roundOf(copy);
  // A block, its two pages; of the catalog a part, the head and two pages.
  assert.equal(copied.blocks, 7);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, roots), []);
  assert.deepEqual((await allLines(second)).at(-1)?.length, 2);
});

test('a round looks at what has changed, and without changes at no row', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const roots = [];
  for (let i = 0; i < 20; i++) roots.push(await world.snapshot(`snap-${i}`, 1));
  await using copy = world.copyTo(files);
  await roundOf(copy);
  await roundOf(copy);
  world.reads = 0;
  for (let round = 0; round < 3; round++) await roundOf(copy);
  assert.equal(world.reads, 0);
  roots.push(await world.snapshot('snap-new', 1));
  assert.deepEqual((await roundOf(copy)).snapshots, { done: 1, total: 1 });
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, roots), []);
});

test('a disk that was away and comes back as it was before is looked at wholly', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const roots = [await world.snapshot('snap-1', 2)];
  await using copy = world.copyTo(files);
  await roundOf(copy);
  world.isHere = false;
  await copy.round();
  assert.match(copy.describe().problem ?? '', /is not in \/second now/);
  const shared = digestOf(Buffer.alloc(2 ** 19, 'shared'));
  await files.unlink(`/second/${shared.slice(0, 2)}/${shared.slice(2)}`);
  world.isHere = true;
  await roundOf(copy);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, roots), []);
});

test('what a snapshot had alone goes from there after it, unless the store is locked', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  await world.snapshot('snap-1', 1);
  const kept = await world.snapshot('snap-2', 1);
  await using copy = world.copyTo(files);
  await roundOf(copy);
  const own = digestOf(Buffer.concat([Buffer.from('of its own: 1'), Buffer.alloc(2 ** 19 - 13)]));
  const second = await FsBlockStore.open('/second', { files });
  const isThere = async () => (await digestsIn(second)).includes(own);
  const year = 365 * 24 * 3_600_000;
  const later = new Date(Date.now() + year);
  await lockStore(files, '/second', later);
  await assert.rejects(lockStore(files, '/second', new Date()), StoreLockedError);
  await world.catalog.write(({ snapshots }) => snapshots.delete('snap-1'));
  for (let round = 0; round < 3; round++) await roundOf(copy);
  assert.equal(await isThere(), true);
  {
    await using collection = await second.collect();
    await assert.rejects(collection.beginRound({}), StoreLockedError);
  }
  await files.unlink('/second/append-only.json');
  for (let round = 0; round < 3; round++) await roundOf(copy);
  assert.equal(await isThere(), false);
  assert.deepEqual(await damageOf(second, [kept]), []);
});

test('what is archived here stays there, and what was archived before comes from its file', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const before = await world.snapshot('snap-1', 2);
  await world.archive('snap-1');
  const root = await world.snapshot('snap-2', 2);
  await using copy = world.copyTo(files);
  assert.deepEqual((await roundOf(copy)).snapshots, { done: 2, total: 2 });
  await world.archive('snap-2');
  for (let round = 0; round < 3; round++) await roundOf(copy);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, [before, root]), []);
  // Another start looks at all of it, and needs no file for what is there.
  await world.archives.remove('snap-1');
  await using again = world.copyTo(files);
  await roundOf(again);
  await world.catalog.write(({ snapshots }) => snapshots.delete('snap-1'));
  for (let round = 0; round < 3; round++) await roundOf(again);
  assert.deepEqual([await second.has(before), await second.has(root)], [false, true]);
  assert.deepEqual(await damageOf(second, [root]), []);
});

test('an archive that cannot be read bars no other, is told, and looked at again within the hour', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const lost = await world.snapshot('snap-1', 1);
  await world.archive('snap-1');
  const kept = await world.snapshot('snap-2', 1);
  const [file, aside] = ['/archive/snap-1.imago', '/archive/aside'];
  await world.archiveFiles.rename(file, aside);
  await using copy = world.copyTo(files);
  for (let round = 0; round < 2; round++) {
    await copy.round();
    const { problem, completeAsOf } = copy.describe();
    assert.match(problem ?? '', /file of snap-1 cannot be read, and is not there/);
    assert.equal(completeAsOf, undefined);
  }
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, [kept]), []);
  assert.equal((await allLines(second)).at(-1)?.length, 2);
  await world.archiveFiles.rename(aside, file);
  passTime(3_600_000);
  await roundOf(copy);
  assert.deepEqual(await damageOf(second, [kept, lost]), []);
});

test('of what time the newest catalog there is, is told: what is newer is not recovered', async () => {
  const world = new World();
  await world.snapshot('snap-1', 1);
  await using copy = world.copyTo(new CrashingFiles({ seed: 1 }));
  assert.equal(copy.describe().catalogAt, undefined);
  for (let round = 0; round < 2; round++) {
    const { catalogAt } = await roundOf(copy);
    const record = await readCatalogRecord(world.store);
    assert.ok(record);
    assert.equal(catalogAt, record.catalogs.at(-1)?.createdAt);
  }
});

/** Of one block what is written is not what is there, though every call succeeds. */
function lying(files: CrashingFiles, lie: (file: string) => Promise<void>): Files {
  let named = 0;
  const rename = async (from: string, to: string) => {
    await files.rename(from, to);
    const isBlock = /^\/second\/[0-9a-f]{2}\/[0-9a-f]{62}$/.test(to);
    if (isBlock && ++named === 3) await lie(to);
  };
  return new Proxy<Files>(files, {
    get(target, name) {
      if (name === 'rename') return rename;
      const member = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

for (const [what, lie] of [
  ['other bytes', overwrite],
  ['nothing', (files: Files, file: string) => files.unlink(file)],
] as const) {
  test(`where ${what} arrived nothing is named, and it is sent again`, async () => {
    const world = new World();
    const files = new CrashingFiles({ seed: 1 });
    const root = await world.snapshot('snap-1', 3);
    await using copy = world.copyTo(lying(files, (file) => lie(files, file)));
    await copy.round();
    assert.match(copy.describe().problem ?? '', /is corrupt|is missing/);
    const second = await FsBlockStore.open('/second', { files });
    assert.equal(await second.has(root), false);
    assert.deepEqual(await sealedCatalogRoots(second), []);
    await roundOf(copy);
    assert.deepEqual(await damageOf(second, [root]), []);
  });
}

test('a page that is found damaged there is sent again, and the collection goes on', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  await world.snapshot('snap-1', 1);
  const root = await world.snapshot('snap-2', 1);
  await using copy = world.copyTo(files);
  for (let round = 0; round < 3; round++) await roundOf(copy);
  const map = await readBlockMap(world.store, root);
  for (const page of [root, ...map.pages()]) {
    await overwrite(files, `/second/${page.slice(0, 2)}/${page.slice(2)}`);
  }
  await world.catalog.write(({ snapshots }) => snapshots.delete('snap-1'));
  // The collection reads what it keeps: of the map a page a time.
  for (let round = 0; round < 2; round++) {
    await copy.round();
    assert.match(copy.describe().problem ?? '', /is corrupt/);
  }
  for (let round = 0; round < 3; round++) await roundOf(copy);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, [root]), []);
});

test('what changed just before its end goes there still', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const roots = [await world.snapshot('snap-1', 1)];
  {
    await using copy = world.copyTo(files);
    await roundOf(copy);
    roots.push(await world.snapshot('snap-2', 1));
  }
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, roots), []);
  assert.deepEqual((await allLines(second)).at(-1)?.length, 2);
});

test('an end waits for no collection, and looks at what has changed', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const roots = [await world.snapshot('snap-1', 1)];
  const begun = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  let steps = 0;
  const resting = new (class extends Pace {
    override step(): Promise<void> {
      steps++;
      begun.resolve();
      return goesOn.promise;
    }
  })(0);
  {
    await using copy = world.copyTo(files, undefined, 600_000, resting);
    const first = copy.round();
    await begun.promise;
    roots.push(await world.snapshot('snap-2', 1));
    const ended = copy[Symbol.asyncDispose]();
    goesOn.resolve();
    await Promise.all([first, ended]);
    assert.deepEqual(copy.describe().snapshots, { done: 1, total: 1 });
    assert.equal(copy.describe().problem, undefined);
  }
  assert.equal(steps, 1);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, roots), []);
  assert.deepEqual((await allLines(second)).at(-1)?.length, 2);
});

test('an end takes so long and no longer: what is left goes there after the next start', async () => {
  const world = new World();
  const files = new CrashingFiles({ seed: 1 });
  const root = await world.snapshot('snap-1', 20);
  const copy = world.copyTo(files, 10, 200);
  const began = performance.now();
  await copy[Symbol.asyncDispose]();
  assert.ok(performance.now() - began < 5000);
  assert.match(copy.describe().problem ?? '', /^Imago stopped before all was there$/);
  assert.equal(copy.describe().completeAsOf, undefined);
  await using again = world.copyTo(files);
  await roundOf(again);
  const second = await FsBlockStore.open('/second', { files });
  assert.deepEqual(await damageOf(second, [root]), []);
});

test('it takes as long as the limit says', async () => {
  const world = new World();
  await world.snapshot('snap-1', 2);
  await using fast = world.copyTo(new CrashingFiles({ seed: 1 }));
  const { copied } = await roundOf(fast);
  const seconds = 0.5;
  await using slow = world.copyTo(new CrashingFiles({ seed: 2 }), copied.bytes / seconds);
  const began = performance.now();
  await roundOf(slow);
  assert.ok(performance.now() - began >= seconds * 1000 * 0.9);
});

const story: CrashStory = {
  name: 'copies',
  async begin(files) {
    const world = new World();
    const roots = [await world.snapshot('snap-1', 2)];
    await world.snapshot('snap-old', 1);
    await world.archive('snap-old');
    let done = false;
    return {
      async act() {
        await using copy = world.copyTo(files);
        await copy.round();
        roots.push(await world.snapshot('snap-2', 2));
        await world.catalog.write(({ snapshots }) => snapshots.delete('snap-1'));
        await copy.round();
        await copy.round();
        const { problem } = copy.describe();
        if (problem !== undefined) throw new Error(problem);
        done = true;
      },
      async restart(left) {
        const again = await FsBlockStore.open('/second', { files: left });
        const before = done ? [] : await damageOf(again, []);
        await using copy = world.copyTo(left);
        await copy.round();
        const { problem } = copy.describe();
        const kept = await world.catalog.read(({ snapshots }) => snapshots.list());
        const wanted = kept.flatMap((row) => mapOf(row) ?? []);
        const store = await FsBlockStore.open('/second', { files: left });
        const lost = [...before, ...(await damageOf(store, wanted)), ...(problem ? [problem] : [])];
        return { lost, doubled: [], leaked: await left.readdir('/second/incoming') };
      },
    };
  },
};

test('cut off anywhere it goes on, and what is named there is whole', async () => {
  const { points, failures } = await tryCrashPoints(story, { seed: 14, oneIn: 70 });
  assert.ok(points > 1, `${points}`);
  assert.deepEqual(failures, []);
});
