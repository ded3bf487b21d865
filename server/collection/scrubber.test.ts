import assert from 'node:assert/strict';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type BlockReader, blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { blockFile } from '../blocks/fs/block-places.ts';
import { FsBlockStore } from '../blocks/fs/fs-block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { digestsIn, storeBlock, storeMap } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { silentLog } from '../foundations/log.ts';
import { Scrubber } from './scrubber.ts';
import { addSnapshot, addVolume } from './test-rows.ts';

const dayMs = 24 * 3_600_000;
let folder = '';
let store: FsBlockStore;
let catalog: Catalog;
let now: number;
let reads: Digest[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'scrub-'));
  store = await FsBlockStore.open(folder);
  catalog = createMemoryCatalog();
  now = Date.parse('2026-11-25T10:00:00Z');
  reads = [];
});
afterEach(() => rm(folder, { recursive: true }));

function newScrubber(days = 10, others: BlockReader[] = []): Scrubber {
  const clock = { now: () => new Date(now), monotonicMs: () => now };
  const seen = new Proxy(store, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]) => {
        if (name === 'get') reads.push(given[0] as Digest);
        return member.apply(target, given);
      };
    },
  });
  const told = { clock, log: silentLog };
  const services = { blocks: oneBlockStore(seen), catalog, others: () => others, ...told };
  return new Scrubber(services, { days });
}

/** A map of so many blocks. */
async function mapOf(count: number, first = 0) {
  const digests: Digest[] = [];
  for (let i = 0; i < count; i++) {
    digests.push(await storeBlock(store, Buffer.alloc(blockSizeBytes, `block ${first + i}`)));
  }
  const changes = new Map(digests.map((digest, i) => [i, digest]));
  return { digests, root: (await storeMap(store, { sizeBytes: 2 ** 30, changes })).root };
}

const only = (scrubber: Scrubber) => {
  const [known] = scrubber.describe();
  if (!known) throw new Error('no store was looked at');
  return known;
};

test('every block is read once a round, a share of it a day, over restarts', async () => {
  const { root } = await mapOf(30);
  await addSnapshot(catalog, root);
  const all = await digestsIn(store);
  const days = all.length / 4;
  assert.ok(Number.isInteger(days));
  const read: Digest[] = [];
  let scrubber = newScrubber(days);
  for (let day = 0; day < days; day++) {
    // Another process each day: what was read is in the store.
    scrubber = newScrubber(days);
    reads = [];
    await scrubber.advance(dayMs);
    assert.equal(reads.filter((digest) => !read.includes(digest)).length, 4, `day ${day}`);
    read.push(...reads);
    now += dayMs;
  }
  const { record } = only(scrubber);
  assert.deepEqual(new Set(read), new Set(all));
  assert.deepEqual([record.round, record.blocks, record.today], [2, 0, 4]);
  assert.deepEqual([record.ended?.round, record.ended?.blocks], [1, all.length]);
});

test('a damaged and a missing block are told with whose they are, until they are whole', async () => {
  const { digests, root } = await mapOf(5);
  const [damaged = '', missing = ''] = digests;
  const snapshotId = await addSnapshot(catalog, root);
  const volumeId = await addVolume(catalog, { base: root });
  await catalog.write(async ({ volumes }) => {
    const row = await volumes.get(volumeId);
    const attachment = { instanceId: 'i-0aaaaaaaaaaaaaaaa', deviceName: '/dev/xvda', index: 0 };
    if (row) {
      const attached = { attachedAt: row.createdAt, deleteOnTermination: true };
      await volumes.update({ ...row, state: 'in-use', attachment: { ...attachment, ...attached } });
    }
  });
  await writeFile(blockFile(folder, damaged), 'broken');
  await rename(blockFile(folder, missing), path.join(folder, 'away'));
  const scrubber = newScrubber();
  await scrubber.advance(11 * dayMs);
  const { damage } = only(scrubber);
  assert.deepEqual(new Set(damage.map(({ digest }) => digest)), new Set([damaged, missing]));
  for (const each of damage) {
    assert.deepEqual(each.snapshotIds, [snapshotId]);
    assert.deepEqual(each.instanceIds, ['i-0aaaaaaaaaaaaaaaa']);
    assert.match(each.detail, each.digest === missing ? /is missing/ : /corrupt/);
  }
  assert.equal(scrubber.damageOf('i-0aaaaaaaaaaaaaaaa').length, 2);
  assert.equal(scrubber.damageOf('i-0bbbbbbbbbbbbbbbb').length, 0);
  // Known over a restart, and healed by what brings them back.
  const again = newScrubber();
  await again.advance(1);
  await rename(path.join(folder, 'away'), blockFile(folder, missing));
  await storeBlock(store, Buffer.alloc(blockSizeBytes, 'block 0'));
  assert.equal(only(again).record.damaged.length, 2);
  await again.advance(1);
  assert.deepEqual(only(again).damage, []);
  assert.deepEqual(only(again).record.damaged, []);
});

test('what is damaged or missing is put again from another store that has it whole', async () => {
  const { digests, root } = await mapOf(5);
  const [damaged = '', missing = '', alone = ''] = digests;
  await addSnapshot(catalog, root);
  const other = new MemoryBlockStore();
  for (const text of ['block 0', 'block 1']) {
    await storeBlock(other, Buffer.alloc(blockSizeBytes, text));
  }
  await writeFile(blockFile(folder, damaged), 'broken');
  await rm(blockFile(folder, missing));
  await writeFile(blockFile(folder, alone), 'broken');
  const scrubber = newScrubber(10, [other]);
  await scrubber.advance(11 * dayMs);
  assert.equal(only(scrubber).damage.length, 3);
  await scrubber.advance(1);
  assert.deepEqual(
    only(scrubber).damage.map(({ digest }) => digest),
    [alone],
  );
  for (const digest of [damaged, missing]) assert.equal((await store.get(digest)).length, 2 ** 19);
  // Asked again a minute later, not each time.
  await storeBlock(other, Buffer.alloc(blockSizeBytes, 'block 2'));
  await scrubber.advance(1);
  assert.equal(only(scrubber).damage.length, 1);
  now += 60_000;
  await scrubber.advance(1);
  assert.deepEqual(only(scrubber).damage, []);
});

test('what was damaged, and is needed by nobody and gone, is told no more after a round', async () => {
  const { digests } = await mapOf(3);
  const [damaged = ''] = digests;
  await writeFile(blockFile(folder, damaged), 'broken');
  const scrubber = newScrubber();
  await scrubber.advance(11 * dayMs);
  assert.equal(only(scrubber).damage.length, 1);
  await rm(blockFile(folder, damaged));
  await scrubber.advance(11 * dayMs);
  assert.deepEqual(only(scrubber).damage, []);
  assert.deepEqual(only(scrubber).record.damaged, []);
});

test('what an instance reads is verified at once when it stands still', async () => {
  const { digests, root } = await mapOf(3);
  await mapOf(20, 100);
  await addSnapshot(catalog, root);
  const id = await addVolume(catalog, { base: root });
  const instanceId = 'i-0aaaaaaaaaaaaaaaa';
  await catalog.write(async ({ volumes }) => {
    const row = await volumes.get(id);
    const attached = { deviceName: '/dev/xvda', index: 0, deleteOnTermination: true };
    if (row) {
      const attachment = { instanceId, attachedAt: row.createdAt, ...attached };
      await volumes.update({ ...row, state: 'in-use', attachment });
    }
  });
  await writeFile(blockFile(folder, digests[2] ?? ''), 'broken');
  const scrubber = newScrubber();
  await scrubber.verifyInstance(instanceId);
  assert.deepEqual(
    scrubber.damageOf(instanceId).map(({ digest }) => digest),
    [digests[2]],
  );
  assert.ok(new Set(reads).size < 10, 'only what it reads');
});

test('a record that is damaged begins anew', async () => {
  await mapOf(3);
  await newScrubber().advance(11 * dayMs);
  assert.match(await readFile(path.join(folder, 'scrub.json'), 'utf8'), /"ended"/);
  await writeFile(path.join(folder, 'scrub.json'), '{');
  const scrubber = newScrubber();
  await scrubber.advance(1);
  assert.equal(only(scrubber).record.round, 1);
});
