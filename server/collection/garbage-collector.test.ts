import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { oneBlockStore } from '../blocks/block-stores.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { digestsIn, storeBlock } from '../blocks/test-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { createMemoryCatalog } from '../catalog/memory/memory-catalog.ts';
import { systemClock } from '../domain/identity.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { Home } from '../foundations/home.ts';
import { silentLog } from '../foundations/log.ts';
import { createSimulatedHost } from '../host/simulated/simulated-host.ts';
import { type Collection, GarbageCollector, usualGraceMs } from './garbage-collector.ts';
import { addSnapshot, addVolume, noDrafts } from './test-rows.ts';

let home: Home;
let blocks: MemoryBlockStore;
let catalog: Catalog;
let collector: GarbageCollector;

beforeEach(async () => {
  home = new Home(await mkdtemp(path.join(tmpdir(), 'gc-')));
  blocks = new MemoryBlockStore();
  catalog = createMemoryCatalog();
  collector = collectorOf();
});
afterEach(async () => {
  await collector.stop();
  await rm(home.folder, { recursive: true });
});

/** Of an Imago that runs so much later. */
function collectorOf(aheadMs = 0, onChange?: (of: Collection) => void): GarbageCollector {
  const host = createSimulatedHost({ home, blocks: oneBlockStore(blocks), log: silentLog });
  const clock = { ...systemClock, now: () => new Date(Date.now() + aheadMs) };
  return new GarbageCollector({
    blocks: oneBlockStore(blocks),
    catalog,
    drafts: noDrafts,
    host,
    home,
    clock,
    files: nodeFiles,
    log: silentLog,
    onChange,
  });
}

async function collect(order: Parameters<GarbageCollector['order']>[0]) {
  collector.order(order);
  await collector.ended();
  return collector.describe();
}

test('an order is answered at once, and while it runs there is no other', async () => {
  assert.equal(collector.describe(), undefined);
  assert.equal(collector.usage(), undefined);
  await storeBlock(blocks, Buffer.from('garbage'));
  const begun = collector.order({});
  assert.equal(begun.state, 'running');
  assert.equal(collector.order({ graceMs: 0 }), begun);
  await collector.ended();
  assert.equal(begun.state, 'succeeded');
  assert.equal(begun.report?.condemned.blocks, 1);
  assert.deepEqual(collector.usage(), { blockBytes: 7, reclaimableBytes: 7 });
});

test('whoever follows is told of its beginning and its end', async () => {
  const told: string[] = [];
  collector = collectorOf(0, ({ id, state }) => void told.push(`${id} ${state}`));
  await collect({});
  await collect({ reportOnly: true });
  assert.deepEqual(told, ['1 running', '1 succeeded', '2 running', '2 succeeded']);
});

test('without grace garbage goes at once', async () => {
  await storeBlock(blocks, Buffer.from('garbage'));
  const report = (await collect({ graceMs: 0 }))?.report;
  assert.deepEqual(report?.condemned, { blocks: 1, bytes: 7 });
  assert.deepEqual(report?.freed, { blocks: 1, bytes: 7 });
  assert.deepEqual(report?.waiting, { blocks: 0, bytes: 0 });
  assert.deepEqual(await digestsIn(blocks), []);
  assert.deepEqual(collector.usage(), { blockBytes: 0, reclaimableBytes: 0 });
});

test('a collection that fails says why, and the next one works', async () => {
  const id = await addSnapshot(catalog, '0'.repeat(64));
  const failed = await collect({});
  assert.equal(failed?.state, 'failed');
  assert.match(failed?.error ?? '', /is missing/);
  await catalog.write(({ snapshots }) => snapshots.delete(id));
  assert.equal((await collect({}))?.state, 'succeeded');
});

test('files of guests and volumes that no row names go, after the grace', async () => {
  const named = await addVolume(catalog, {});
  const [stray, guest] = ['vol-0123456789abcdef0', 'i-0123456789abcdef0'];
  for (const folder of [home.volumeFolder(named), home.volumeFolder(stray)]) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, '0.qcow2'), 'layer');
  }
  await mkdir(home.machineFolder(guest), { recursive: true });
  await writeFile(path.join(home.machineFolder(guest), 'uefi-vars.qcow2'), 'variables');
  const nobody = { instanceIds: [], volumeIds: [] };
  assert.deepEqual((await collect({}))?.removed, nobody);
  const reported = (await collect({ graceMs: 0, reportOnly: true }))?.removed;
  assert.deepEqual(reported, { instanceIds: [guest], volumeIds: [stray] });
  const { host } = {
    host: createSimulatedHost({ home, blocks: oneBlockStore(blocks), log: silentLog }),
  };
  assert.deepEqual((await host.belongings()).instanceIds, [guest]);
  assert.deepEqual((await collect({ graceMs: 0 }))?.removed, reported);
  assert.deepEqual(await host.belongings(), { instanceIds: [], volumeIds: [named] });
});

test('since when no row names them is on record: an Imago that starts later goes on', async () => {
  const guest = 'i-0123456789abcdef0';
  await mkdir(home.machineFolder(guest), { recursive: true });
  await collect({ reportOnly: true });
  collector = collectorOf(usualGraceMs);
  assert.deepEqual((await collect({}))?.removed?.instanceIds, [], 'a report writes nothing');
  collector = collectorOf(2 * usualGraceMs - 60_000);
  assert.deepEqual((await collect({}))?.removed?.instanceIds, []);
  collector = collectorOf(2 * usualGraceMs);
  assert.deepEqual((await collect({}))?.removed?.instanceIds, [guest]);
});

test('one that stops while it collects ends soon, and condemned blocks are not lost', async () => {
  for (let i = 0; i < 50; i++) await storeBlock(blocks, Buffer.from(`garbage ${i}`));
  const begun = collector.order({});
  await collector.stop();
  assert.notEqual(begun.state, 'running');
});
