/**
 * A store of a million blocks: how long it takes to open, to collect with a tenth of it garbage, and
 * how much memory that needs. The blocks are small: what counts here is how many there are.
 */
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { writeBlockMap } from '../../server/blocks/block-map.ts';
import { digestOf } from '../../server/blocks/block-store.ts';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { createMemoryCatalog } from '../../server/catalog/memory/memory-catalog.ts';
import { collectBlocks } from '../../server/collection/collector.ts';
import { Pace } from '../../server/collection/pace.ts';
import { addSnapshot, noDrafts } from '../../server/collection/test-rows.ts';
import { type Row, secondsOf } from './row.ts';

const blockCount = 1_000_000;
const perMap = 100_000;
const openMaxSeconds = 1;
const collectMaxSeconds = 60;
const memoryMaxBytes = 150e6;

export async function scaleRows(folder: string): Promise<Row[]> {
  const blocks = path.join(folder, 'blocks');
  const made = await FsBlockStore.open(blocks);
  await Promise.all([0, 1].map((half) => makeBlocks(blocks, half)));
  const catalog = createMemoryCatalog();
  // The last map is of nobody: its blocks are garbage.
  for (let map = 0; map < blockCount / perMap; map++) {
    await using writer = made.begin();
    const changes = new Map<number, string>();
    for (let i = 0; i < perMap; i++) changes.set(i, digestOf(plain(map * perMap + i)));
    const { root } = await writeBlockMap(writer, { sizeBytes: perMap * 2 ** 19, changes });
    await writer.commit();
    if ((map + 1) * perMap < blockCount) await addSnapshot(catalog, root);
  }
  await made.close();
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  let store: FsBlockStore | undefined;
  const openSeconds = await secondsOf(async () => {
    store = await FsBlockStore.open(blocks, { work: new BlockThreads() });
  });
  if (!store) throw new Error('it did not open');
  const collect = {
    blocks: store,
    catalog,
    drafts: noDrafts,
    clock: { now: () => new Date(), monotonicMs: () => 0 },
  };
  const options = { graceMs: 0, pace: new Pace(0) };
  const condemn = await secondsOf(() => collectBlocks(collect, options));
  const destroy = await secondsOf(() => collectBlocks(collect, options));
  clearInterval(watch);
  await store.close();
  const limit = (what: string, value: number, most: number, unit: string): Row => ({
    what: `a million blocks: ${what}`,
    ours: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
    peer: `at most ${most} ${unit}`,
    goal: value <= most,
  });
  return [
    limit('open', openSeconds, openMaxSeconds, 's'),
    limit('collection that condemns a tenth', condemn, collectMaxSeconds, 's'),
    limit('collection that removes it', destroy, collectMaxSeconds, 's'),
    limit('memory that this took', (most - before) / 1e6, memoryMaxBytes / 1e6, 'MB'),
  ];
}

function plain(number: number): Buffer {
  return Buffer.from(`block ${number}`);
}

async function makeBlocks(folder: string, half: number): Promise<void> {
  const from = (half * blockCount) / 2;
  const workerData = { folder, from, to: from + blockCount / 2 };
  const worker = new Worker(new URL('./scale-worker.ts', import.meta.url), { workerData });
  await once(worker, 'message');
  await worker.terminate();
}
