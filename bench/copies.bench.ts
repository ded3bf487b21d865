/**
 * What goes to a second store when 60 MB of a machine's disk have changed: bytes that are stored
 * there, of blocks, pages of maps and the sealed catalog, against the changed bytes compressed.
 *   node bench/copies.bench.ts
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { blockSizeBytes, type Digest } from '../server/blocks/block-store.ts';
import { oneBlockStore } from '../server/blocks/block-stores.ts';
import { compressOptions } from '../server/blocks/frame-compressor.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { storeBlock, storeMap } from '../server/blocks/test-blocks.ts';
import { noticeChanges } from '../server/catalog/changes.ts';
import { createMemoryCatalog } from '../server/catalog/memory/memory-catalog.ts';
import { snapshot } from '../server/catalog/test-rows.ts';
import { systemClock } from '../server/domain/identity.ts';
import { nodeFiles } from '../server/files/node/node-files.ts';
import { silentLog } from '../server/foundations/log.ts';
import { StoreCopy } from '../server/recovery/store-copy.ts';
import { seal } from '../server/recovery/test-sealed.ts';
import { Archives } from '../server/transfers/archives.ts';
import { load } from './figures.ts';

const diskBlocks = 200;
const changedBlocks = 115;
const sizeBytes = 8 * 2 ** 30;

/** As compressible as a root file system. */
async function programs(): Promise<Buffer[]> {
  const folders = ['usr/lib/x86_64-linux-gnu', 'usr/bin'];
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  const tar = spawn('tar', ['-C', '/', '-cf', '-', ...folders], { stdio });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= (diskBlocks + changedBlocks) * blockSizeBytes) break;
  }
  tar.kill();
  const bytes = Buffer.concat(chunks);
  return Array.from({ length: diskBlocks + changedBlocks }, (_, i) =>
    bytes.subarray(i * blockSizeBytes, (i + 1) * blockSizeBytes),
  );
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-copies-'));
const store = await FsBlockStore.open(path.join(folder, 'first'));
const second = await FsBlockStore.open(path.join(folder, 'second'));
const catalog = noticeChanges(createMemoryCatalog(), (changes) => copy.noticed(changes));
const blocks = await programs();
const disk = new Map<number, Digest>();
const none = { blocks: 0, bytes: 0 };
const copy: StoreCopy = new StoreCopy({
  folder,
  checkHere: async () => {},
  open: async () => second,
  catalog,
  blocks: oneBlockStore(store),
  archives: new Archives(nodeFiles, { own: path.join(folder, 'archive') }),
  settled: async () => void (await seal(store, catalog)),
  collect: async () => ({ found: none, waiting: none }),
  clock: systemClock,
  log: silentLog,
});

async function generation(name: string): Promise<number> {
  const { root } = await storeMap(store, { sizeBytes, changes: disk });
  await catalog.write(({ snapshots }) => snapshots.insert(snapshot(name, { root })));
  await copy.round();
  const { copied, problem } = copy.describe();
  if (problem !== undefined) throw new Error(problem);
  return copied.bytes;
}

for (const [i, block] of blocks.slice(0, diskBlocks).entries()) {
  disk.set(i, await storeBlock(store, Buffer.from(block)));
}
await generation('snap-1');
const changed = blocks.slice(diskBlocks);
for (const [i, block] of changed.entries())
  disk.set(i, await storeBlock(store, Buffer.from(block)));
const sent = await generation('snap-2');
const compressed = changed.reduce(
  (sum, block) => sum + zstdCompressSync(block, compressOptions).length,
  0,
);
await copy[Symbol.asyncDispose]();
await rm(folder, { recursive: true });
console.log(`${changedBlocks} blocks changed of ${diskBlocks}, ${load()}`);
console.log(
  `  sent ${sent} bytes, changed ${compressed} compressed: ${(sent / compressed).toFixed(3)}`,
);
