import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { BlockMissingError, blockSizeBytes, type Digest, digestOf } from '../blocks/block-store.ts';
import { CollectionRunningError } from '../blocks/collection.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { digestsIn, storeBlock, storeMap } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { randomIds } from '../domain/identity.ts';
import { emptyRecycleBin, removeSnapshot, restoreSnapshot } from '../domain/recycle-bin.ts';
import { newTask } from '../domain/tasks.ts';
import { type CollectionReport, collectBlocks } from './collector.ts';
import { Pace } from './pace.ts';
import { addSnapshot, addVolume, noDrafts } from './test-rows.ts';

const hourMs = 3_600_000;
const sizeBytes = 1024 ** 3;

let blocks: MemoryBlockStore;
let catalog: Catalog;
let now: number;

beforeEach(() => {
  blocks = new MemoryBlockStore();
  catalog = createMemoryCatalog();
  now = Date.parse('2026-11-25T10:00:00Z');
});

const clock = { now: () => new Date(now), monotonicMs: () => now };
const plain = (n: number) => Buffer.alloc(blockSizeBytes, n + 1);

function collect(pace = new Pace(0), options = {}): Promise<CollectionReport> {
  return collectBlocks(
    { blocks, catalog, drafts: noDrafts, clock },
    { graceMs: hourMs, pace, ...options },
  );
}

/** Condemns, waits for the grace, destroys. */
async function collectWholly(): Promise<void> {
  await collect();
  now += hourMs;
  await collect();
}

/** A map of some blocks, each known by its number. */
async function mapOf(...numbers: number[]): Promise<Digest> {
  const changes = new Map<number, Digest>();
  for (const n of numbers) changes.set(n, await storeBlock(blocks, plain(n)));
  return (await storeMap(blocks, { sizeBytes, changes })).root;
}

const isThere = (n: number) => blocks.has(digestOf(plain(n)));

test('what snapshots, bases, next bases and unfinished tasks name stays; all else goes', async () => {
  await addSnapshot(catalog, await mapOf(1, 2));
  await addVolume(catalog, { base: await mapOf(3), nextBase: await mapOf(4) });
  const order = { kind: 'k', subject: 's', account: 'a', region: 'r', input: {} };
  const task = newTask(order, { clock, ids: randomIds });
  const outputs = { upload: { volumes: [{ root: await mapOf(5) }] } };
  await catalog.write(({ tasks }) => tasks.insert({ ...task, outputs }));
  const doomed = await mapOf(2, 6);
  const before = (await digestsIn(blocks)).length;

  const first = await collect();
  // Block 6, the root and the leaf of its map.
  assert.equal(first.condemned.blocks, 3);
  assert.equal(first.kept.blocks, before - 3);
  assert.deepEqual(first.freed, { blocks: 0, bytes: 0 });
  assert.equal(await isThere(6), true);
  now += hourMs - 1;
  assert.deepEqual((await collect()).waiting, first.condemned);
  now += 1;
  assert.equal((await collect()).freed.blocks, 0, 'a task that was unfinished then still is');
  await catalog.write(async ({ tasks }) => {
    const row = await tasks.get(task.id);
    if (row) await tasks.update({ ...row, state: 'succeeded' });
  });
  const last = await collect();
  assert.deepEqual(last.freed, first.condemned);
  assert.equal(last.condemned.blocks, 3, 'now also what the task had made, and nobody names');
  for (const n of [1, 2, 3, 4]) assert.equal(await isThere(n), true, `block ${n}`);
  assert.equal(await isThere(6), false);
  await assert.rejects(blocks.get(doomed), BlockMissingError);
});

test('a report changes nothing', async () => {
  await mapOf(1);
  const report = await collect(new Pace(0), { reportOnly: true });
  assert.equal(report.found.blocks, 3);
  assert.equal((await digestsIn(blocks)).length, 3);
  await using collection = await blocks.collect();
  assert.deepEqual(await collection.rounds(), []);
});

test('what is needed again comes back', async () => {
  const root = await mapOf(1);
  await collect();
  await addSnapshot(catalog, root);
  now += hourMs;
  const report = await collect();
  // The pages came back by being read.
  assert.deepEqual([report.freed.blocks, report.pardonedBlocks], [0, 1]);
  assert.equal((await digestsIn(blocks)).length, 3);
});

for (const damage of ['a root page', 'a leaf page'] as const) {
  test(`${damage} that cannot be read ends the collection, and nothing is touched`, async () => {
    const root = await mapOf(1);
    await addSnapshot(catalog, root);
    await mapOf(2);
    await collect();
    now += hourMs;
    const there = await digestsIn(blocks);
    const leaf = there.find((digest) => digest !== root && digest !== digestOf(plain(1)));
    blocks.lose(damage === 'a root page' ? root : (leaf as Digest));
    await assert.rejects(collect(), BlockMissingError);
    assert.equal(await isThere(2), true);
  });
}

test('a row that should name a map and does not ends the collection', async () => {
  await addSnapshot(catalog, undefined);
  await mapOf(1);
  await assert.rejects(collect(), /has no root/);
  assert.equal((await digestsIn(blocks)).length, 3);
});

/** Lets something happen at the nth step of a collection, as long as it may take. */
class Interruption extends Pace {
  readonly #at: number;
  readonly #work: () => Promise<void>;
  steps = 0;
  constructor(at: number, work: () => Promise<void>) {
    super(0);
    this.#at = at;
    this.#work = work;
  }
  override async step(): Promise<void> {
    if (++this.steps === this.#at) await this.#work();
  }
}

test('a collector that stood still at any step takes nothing that came into use meanwhile', async () => {
  for (let step = 1; ; step++) {
    blocks = new MemoryBlockStore();
    catalog = createMemoryCatalog();
    await addSnapshot(catalog, await mapOf(1));
    // One is condemned already, one is not yet.
    await mapOf(2);
    await collect();
    await mapOf(3);
    now += hourMs;
    const meanwhile = new Interruption(step, async () => {
      await addSnapshot(catalog, await mapOf(1, 2, 3));
      now += 100 * hourMs;
    });
    await collect(meanwhile);
    if (meanwhile.steps < step) break;
    await collectWholly();
    for (const n of [1, 2, 3]) assert.equal(await isThere(n), true, `step ${step}, block ${n}`);
  }
});

test('a task that stands still between its blocks and its row loses none of them', async () => {
  const order = { kind: 'k', subject: 's', account: 'a', region: 'r', input: {} };
  const task = newTask(order, { clock, ids: randomIds });
  await catalog.write(({ tasks }) => tasks.insert(task));
  const root = await mapOf(1, 2);
  for (let i = 0; i < 3; i++) await collectWholly();
  await addSnapshot(catalog, root);
  await catalog.write(async ({ tasks }) => {
    const row = await tasks.get(task.id);
    if (row) await tasks.update({ ...row, state: 'succeeded' });
  });
  await collectWholly();
  assert.deepEqual([await isThere(1), await isThere(2)], [true, true]);
});

test('a writer that stands still loses nothing', async () => {
  await using writer = blocks.begin();
  await writer.put(plain(1));
  await writer.commit();
  await collectWholly();
  await collectWholly();
  assert.equal(await isThere(1), true);
  await writer.abort();
  await collectWholly();
  assert.equal(await isThere(1), false);
});

test('of two collectors the second is refused', async () => {
  await mapOf(1);
  const both = await Promise.allSettled([collect(), collect()]);
  assert.deepEqual(both.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  const refused = both.find((one) => one.status === 'rejected');
  assert.ok(refused?.reason instanceof CollectionRunningError);
});

test('what is in the recycle bin stays until its time is over, at whatever moment it is looked at', async () => {
  const id = await addSnapshot(catalog, await mapOf(1));
  const stored = await digestsIn(blocks);
  const owner = { account: '111111111111', region: 'us-east-1' };
  await catalog.write(({ recycleRules }) =>
    recycleRules.insert({
      id: 'rule',
      ...owner,
      createdAt: clock.now().toISOString(),
      resourceType: 'EBS_SNAPSHOT',
      retentionDays: 7,
      resourceTags: [],
      excludeResourceTags: [],
      tags: {},
    }),
  );
  const remove = () =>
    catalog.write(async (transaction) => {
      const row = await transaction.snapshots.get(id);
      if (row) await removeSnapshot(transaction, row, clock.now());
    });
  await remove();
  await collectWholly();
  const viewer = { ...owner, groups: [], now: clock.now() };
  await catalog.write((transaction) => restoreSnapshot(transaction, viewer, id));
  await collectWholly();
  await remove();
  now += 7 * 24 * hourMs;
  await collectWholly();
  assert.deepEqual(await digestsIn(blocks), stored, 'it is over, and nobody has taken it out');
  await emptyRecycleBin(catalog, clock.now());
  await collectWholly();
  assert.deepEqual(await digestsIn(blocks), []);
});
