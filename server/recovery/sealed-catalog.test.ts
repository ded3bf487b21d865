import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { sealKeyOf } from '../blocks/sealed-block.ts';
import { digestsIn } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { image, keyPair, task } from '../catalog/test-rows.ts';
import { collectBlocks } from '../collection/collector.ts';
import { Pace } from '../collection/pace.ts';
import { noDrafts } from '../collection/test-rows.ts';
import { keptCatalogs } from '../domain/kept-catalogs.ts';
import { type CrashStory, tryCrashPoints } from '../files/crashing/test-crash-points.ts';
import { CatalogRecordError, readCatalogRecord, writeCatalogRecord } from './catalog-record.ts';
import { openSealedCatalog } from './sealed-catalog.ts';
import { allLines, linesOf, seal, someKey } from './test-sealed.ts';

const dayMs = 24 * 3_600_000;
let store: MemoryBlockStore;
let catalog: Catalog;

beforeEach(() => {
  store = new MemoryBlockStore();
  catalog = createMemoryCatalog();
});

async function insertImages(count: number, description?: string): Promise<void> {
  await catalog.write(async ({ images }) => {
    for (let i = 0; i < count; i++) {
      const id = `ami-${i.toString(16).padStart(17, '0')}`;
      await images.insert(image(id, { description: description ?? `ä ${'x'.repeat(i % 900)}` }));
    }
  });
}

test('what is sealed is read again row by row, be a row longer than a block', async () => {
  const long = '\u{1f4be}"\n'.repeat(blockSizeBytes / 4);
  await insertImages(3, long);
  await catalog.write(async ({ keyPairs, tasks, leases }) => {
    await keyPairs.insert(keyPair('key-1'));
    await tasks.insert(task('task-1'));
    await leases.insert({ id: 'h-1', owner: '{}', until: '', epoch: 1 });
  });
  const sealed = await seal(store, catalog);
  assert.deepEqual([sealed?.number, sealed?.rows], [1, 5]);
  const lines = await linesOf(store, sealed ?? { root: '' });
  assert.deepEqual(lines.map(({ table, row }) => [table, row.id]).slice(0, 1), [
    ['images', 'ami-00000000000000000'],
  ]);
  const described = lines.flatMap(({ table, row }) =>
    table === 'images' ? [row.description] : [],
  );
  assert.deepEqual(described, [long, long, long]);
  assert.deepEqual(lines.map(({ table }) => table).slice(3), ['keyPairs', 'tasks']);
  const { facts } = await openSealedCatalog(store, sealed ?? { root: '' }, someKey);
  assert.deepEqual(facts.tables, { images: 3, keyPairs: 1, tasks: 1 });
});

test('one row that changes leaves all parts but its own; what did not change is not sealed again', async () => {
  await insertImages(400);
  await seal(store, catalog);
  const before = new Set(await digestsIn(store));
  assert.ok(before.size > 5);
  assert.equal(await seal(store, catalog), undefined);
  await catalog.write(async ({ images }) => {
    const [some] = await images.list({ limit: 1, after: 'ami-00000000000000080' });
    if (some) await images.update({ ...some, tags: { a: 'b' } });
  });
  assert.equal((await seal(store, catalog))?.number, 2);
  const fresh = (await digestsIn(store)).filter((digest) => !before.has(digest));
  // A part, the head, and a map of two pages.
  assert.equal(fresh.length, 4);
});

test('nothing of a row is in the store in plain, and another key opens nothing', async () => {
  await insertImages(1, 'never to be seen');
  const sealed = await seal(store, catalog);
  for (const digest of await digestsIn(store)) {
    assert.equal((await store.get(digest)).includes('never to be seen'), false);
  }
  const other = { ...someKey, key: sealKeyOf(Buffer.alloc(32, 'another')) };
  await assert.rejects(openSealedCatalog(store, sealed ?? { root: '' }, other), /not sealed with/);
});

test('a collection leaves what the record names, and takes the others', async () => {
  const start = Date.parse('2026-11-26T10:00:00Z');
  for (let i = 0; i < 30; i++) {
    await catalog.write(({ keyPairs }) => keyPairs.insert(keyPair(`key-${i}`)));
    await seal(store, catalog, new Date(start + i * 60_000));
  }
  const clock = { now: () => new Date(start + dayMs), monotonicMs: () => 0 };
  const services = { blocks: store, catalog, drafts: noDrafts, clock };
  for (let round = 0; round < 2; round++) {
    await collectBlocks(services, { graceMs: 0, pace: new Pace(0) });
  }
  const all = await allLines(store);
  assert.deepEqual(
    all.map((lines) => lines.length),
    [...Array(10).keys()].map((i) => i + 21),
  );
  assert.ok((await digestsIn(store)).length < 60);
});

test('the newest are kept, and the last of each day and week, however the clock jumps', () => {
  const now = Date.parse('2026-11-26T10:00:00Z');
  const made = Array.from({ length: 2000 }, (_, i) => ({
    createdAt: new Date(now - (1999 - i) * 3_600_000).toISOString(),
  }));
  const unlocked = { isLocked: false };
  const kept = keptCatalogs(made, new Date(now), unlocked);
  assert.equal(kept.length, 10 + 6 + 3);
  assert.deepEqual(kept.slice(-10), made.slice(-10));
  assert.deepEqual(keptCatalogs(kept, new Date(now), unlocked), kept);
  const before = keptCatalogs(made, new Date(now - 1000 * dayMs), unlocked);
  assert.deepEqual(before.slice(-10), made.slice(-10));
  const ofDays = keptCatalogs(made, new Date(now), { isLocked: true });
  const days = new Set(made.map(({ createdAt }) => createdAt.slice(0, 10)));
  assert.equal(ofDays.length, days.size + 9);
  assert.deepEqual(new Set(ofDays.map(({ createdAt }) => createdAt.slice(0, 10))), days);
});

test('one copy of the record is enough; where both are damaged nothing is collected', async () => {
  await insertImages(1);
  await seal(store, catalog);
  const record = await readCatalogRecord(store);
  await store.writeNote('catalogs', Buffer.from('torn'));
  assert.deepEqual(await readCatalogRecord(store), record);
  await store.writeNote('catalogs-copy', Buffer.from('torn'));
  const clock = { now: () => new Date(), monotonicMs: () => 0 };
  const services = { blocks: store, catalog, drafts: noDrafts, clock };
  const collecting = collectBlocks(services, { graceMs: 0, pace: new Pace(0) });
  await assert.rejects(collecting, CatalogRecordError);
  assert.ok(record);
  await writeCatalogRecord(store, record);
  assert.equal((await allLines(store)).length, 1);
});

const story: CrashStory = {
  name: 'sealed catalogs',
  async begin(files) {
    const rows = createMemoryCatalog();
    const blocks = await FsBlockStore.open('/blocks', { files });
    let promised = 0;
    return {
      async act() {
        for (let i = 1; i <= 3; i++) {
          await rows.write(({ keyPairs }) => keyPairs.insert(keyPair(`key-${i}`)));
          await seal(blocks, rows, new Date(i * 60_000));
          promised = i;
        }
      },
      async restart(left) {
        const again = await FsBlockStore.open('/blocks', { files: left });
        const services = { blocks: again, catalog: createMemoryCatalog(), drafts: noDrafts };
        const clock = { now: () => new Date(), monotonicMs: () => 0 };
        for (let round = 0; round < 2; round++) {
          await collectBlocks({ ...services, clock }, { graceMs: 0, pace: new Pace(0) });
        }
        const found = (await allLines(again)).map((lines) => lines.length);
        const inOrder = found.every((count, i) => count === i + 1);
        const lost = inOrder && found.length >= promised ? [] : [`${found} of ${promised}`];
        return { lost, doubled: [], leaked: await left.readdir('/blocks/incoming') };
      },
    };
  },
};

test('what the record names is whole, wherever the power is cut', async () => {
  const { points, failures } = await tryCrashPoints(story, { seed: 12, oneIn: 8 });
  assert.ok(points > 5, `${points}`);
  assert.deepEqual(failures, []);
});
