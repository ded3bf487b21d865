import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import { Archives } from '../transfers/archives.ts';
import { writeStoredImage } from '../transfers/stored-image.ts';
import { ArchiveScrubber } from './archive-scrubber.ts';
import { addSnapshot } from './test-rows.ts';

const dayMs = 24 * 3_600_000;
const hourMs = 3_600_000;
const hostId = 'h-1';
let home: Home;
let catalog: Catalog;
let now: number;
let reads: string[];

beforeEach(async () => {
  home = new Home(await mkdtemp(path.join(tmpdir(), 'as-')));
  catalog = createMemoryCatalog();
  now = Date.parse('2026-11-25T10:00:00Z');
  reads = [];
});
afterEach(() => rm(home.folder, { recursive: true }));

class SeenArchives extends Archives {
  override damageOf(...given: Parameters<Archives['damageOf']>) {
    reads.push(given[0]);
    return super.damageOf(...given);
  }
}

const archives = () => new SeenArchives(nodeFiles, { own: home.archiveFolder });
const fileOf = (id: string) => path.join(home.archiveFolder, `${id}.imago`);

function newScrubber(days: number): ArchiveScrubber {
  const clock = { now: () => new Date(now), monotonicMs: () => now };
  const parts = { archives: archives(), catalog, clock, home, files: nodeFiles };
  return new ArchiveScrubber({ ...parts, log: silentLog, site: { hostId } }, { days });
}

async function archiveOne(host = hostId): Promise<string> {
  const store = new MemoryBlockStore();
  const digest = await storeBlock(store, Buffer.alloc(blockSizeBytes, 1));
  const changes = new Map([[0, digest]]);
  const { root: map } = await storeMap(store, { sizeBytes: 2 ** 30, changes });
  const id = await addSnapshot(catalog, undefined, undefined, {
    archive: { map, host, sizeBytes: 1000 },
  });
  if (host !== hostId) return id;
  await archives().write(id, async (file) => {
    let at = 0;
    const append = async (bytes: Buffer) => {
      await file.write(bytes, at);
      at += bytes.length;
    };
    await writeStoredImage(append, {}, [{ reader: store, root: map }]);
  });
  await archives().publish(id);
  return id;
}

test('each file is read once a round, so many a day, over restarts', async () => {
  const ids: string[] = [];
  for (let i = 0; i < 8; i++) ids.push(await archiveOne());
  await archiveOne('h-of-another');
  const days = 4;
  let scrubber = newScrubber(days);
  for (let tick = 0; tick < days * 24; tick++) {
    // Another process each day: what was read is on record.
    if (tick % 24 === 0) scrubber = newScrubber(days);
    await scrubber.advance(hourMs);
    now += hourMs;
    if ((tick + 1) % 24 === 0) assert.equal(reads.length, 2 * Math.ceil(tick / 24), `${tick}`);
  }
  assert.deepEqual(reads, [...ids].sort());
  const { record, damage } = scrubber.describe() ?? {};
  assert.deepEqual([record?.round, record?.read, record?.total], [2, 0, 8]);
  assert.deepEqual([record?.ended?.round, record?.ended?.read, record?.ended?.bytes], [1, 8, 8000]);
  assert.deepEqual(damage, []);
});

test('after a long rest it goes on at its rate', async () => {
  for (let i = 0; i < 10; i++) await archiveOne();
  await newScrubber(10).advance(hourMs);
  now += 100 * dayMs;
  await newScrubber(10).advance(hourMs);
  assert.equal(reads.length, 2);
});

test('a damaged and a missing file are told with whose they are, until they are whole', async () => {
  const [damaged, missing, deleted] = [await archiveOne(), await archiveOne(), await archiveOne()];
  const away = path.join(home.folder, 'away');
  for (const id of [damaged, missing]) await copyFile(fileOf(id), `${away}-${id}`);
  await writeFile(fileOf(damaged), 'broken');
  for (const id of [missing, deleted]) await rm(fileOf(id));
  const scrubber = newScrubber(1);
  assert.equal(scrubber.describe(), undefined);
  await catalog.write(({ snapshots }) => snapshots.delete(deleted));
  await scrubber.advance(dayMs);
  const damage = scrubber.describe()?.damage ?? [];
  assert.deepEqual(
    new Map(damage.map(({ snapshotId, account, detail }) => [snapshotId, [account, detail]])),
    new Map([
      [
        damaged,
        ['111111111111', 'It is no image that was stored, or is damaged: it is too short.'],
      ],
      [missing, ['111111111111', 'Its file is not there.']],
    ]),
  );
  // Known over a restart, and healed by a copy of it.
  const again = newScrubber(1);
  await again.advance(1);
  assert.equal(again.describe()?.damage.length, 2);
  for (const id of [damaged, missing]) await copyFile(`${away}-${id}`, fileOf(id));
  await again.advance(1);
  assert.equal(again.describe()?.damage.length, 2);
  now += hourMs;
  await again.advance(1);
  assert.deepEqual(again.describe()?.damage, []);
});

test('where nothing is archived nothing is told, and a record that is damaged begins anew', async () => {
  const scrubber = newScrubber(1);
  await scrubber.advance(hourMs);
  assert.equal(scrubber.describe(), undefined);
  await archiveOne();
  await writeFile(home.archiveScrubFile, '{');
  const again = newScrubber(1);
  await again.advance(hourMs);
  assert.deepEqual([again.describe()?.record.ended?.read, reads.length], [1, 1]);
});
