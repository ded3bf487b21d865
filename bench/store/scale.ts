/**
 * A store of a million blocks: how long it takes to open, to collect with a tenth of it garbage, and
 * how much memory that needs; and what a launch is slowed by it, whose first reads are done while
 * nothing else goes on and beside a collection at the pace that is its own in the background. The
 * blocks are small, and made unsynced: what counts here is how many there are. Those of the launch
 * are as a guest's are, whole and half of noise.
 */
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { writeBlockMap } from '../../server/blocks/block-map.ts';
import { blockSizeBytes, digestOf } from '../../server/blocks/block-store.ts';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import type { Catalog } from '../../server/catalog/catalog.ts';
import { createMemoryCatalog } from '../../server/catalog/memory/memory-catalog.ts';
import { collectBlocks } from '../../server/collection/collector.ts';
import { Pace } from '../../server/collection/pace.ts';
import { addSnapshot, noDrafts } from '../../server/collection/test-rows.ts';
import { median } from '../figures.ts';
import { type Row, secondsOf } from './row.ts';

const blockCount = 1_000_000;
const perMap = 100_000;
const openMaxSeconds = 1;
const collectMaxSeconds = 60;
const memoryMaxBytes = 150e6;
const launchRounds = 9;
/** Of one round of reads. */
const launchBlocks = 300;
/** As in the background: it works a quarter of the time. */
const backgroundRestRatio = 3;

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
  const boot = await makeLaunchBlocks(made, catalog);
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
  const launch = await slowedLaunch(store, boot, () =>
    collectBlocks(collect, { ...options, reportOnly: true, pace: new Pace(backgroundRestRatio) }),
  );
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
    {
      what: 'a million blocks: first reads of a launch beside a collection',
      ours: `${(launch.besideMs / launchBlocks).toFixed(2)} ms a block`,
      peer: `${(launch.aloneMs / launchBlocks).toFixed(2)} ms alone`,
      ratio: launch.aloneMs / launch.besideMs,
      goal: 0.9,
    },
    limit('memory that this took', (most - before) / 1e6, memoryMaxBytes / 1e6, 'MB'),
  ];
}

async function makeLaunchBlocks(store: FsBlockStore, catalog: Catalog): Promise<string[]> {
  await using writer = store.begin();
  const changes = new Map<number, string>();
  for (let i = 0; i < launchBlocks; i++) {
    const block = Buffer.alloc(blockSizeBytes, `of a launch ${i} `);
    const { digest } = await writer.put(randomFillSync(block, 0, blockSizeBytes / 2));
    changes.set(i, digest);
  }
  const sizeBytes = launchBlocks * blockSizeBytes;
  const { root } = await writeBlockMap(writer, { sizeBytes, changes });
  await writer.commit();
  await addSnapshot(catalog, root);
  return [...changes.values()];
}

/** One after the other, as a guest waits for them. */
async function readAll(store: FsBlockStore, digests: readonly string[]): Promise<number> {
  const start = performance.now();
  for (const digest of digests) await store.get(digest);
  return performance.now() - start;
}

/** In turns, medians of several. */
async function slowedLaunch(
  store: FsBlockStore,
  digests: readonly string[],
  collect: () => Promise<unknown>,
) {
  const [alone, beside]: number[][] = [[], []];
  for (let round = 0; round < launchRounds; round++) {
    alone?.push(await readAll(store, digests));
  }
  let collecting = true;
  const collection = collect().finally(() => {
    collecting = false;
  });
  for (let round = 0; round < launchRounds && collecting; round++) {
    beside?.push(await readAll(store, digests));
  }
  await collection;
  return { aloneMs: median(alone ?? []), besideMs: median(beside ?? []) };
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
