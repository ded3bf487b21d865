/**
 * The block store in a folder against what the machine can do at most with the same blocks in the
 * same run: put against SHA-256 and Zstandard alone, get against decompressing and SHA-256 alone.
 * Prints ratios: 1.0 would be a store that costs nothing.
 *   node bench/blocks.bench.ts
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { blockSizeBytes, digestOf } from '../server/blocks/block-store.ts';
import { decodeBlock, encodeBlock } from '../server/blocks/fs/block-file.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';

const blockCount = 300;
const putsInFlight = 4;

async function secondsOf(work: () => Promise<unknown> | unknown): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Real bytes of programs and libraries: as compressible as a root file system. */
async function realBlocks(): Promise<Buffer[]> {
  const tar = spawn('tar', ['-C', '/', '-cf', '-', 'usr/lib/x86_64-linux-gnu', 'usr/bin'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= blockCount * blockSizeBytes) break;
  }
  tar.kill();
  const bytes = Buffer.concat(chunks);
  const count = Math.min(blockCount, Math.floor(length / blockSizeBytes));
  return Array.from({ length: count }, (_, i) =>
    Buffer.from(bytes.subarray(i * blockSizeBytes, (i + 1) * blockSizeBytes)),
  );
}

async function inFlight<T>(items: T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: putsInFlight }, worker));
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-blocks-'));
try {
  const blocks = await realBlocks();
  const mib = (blocks.length * blockSizeBytes) / 2 ** 20;
  const store = await FsBlockStore.open(folder);
  await using writer = store.begin();
  let encoded: Buffer[] = [];
  const digests = blocks.map(digestOf);
  const putLimit = await secondsOf(() => {
    for (const block of blocks) digestOf(block);
    encoded = blocks.map(encodeBlock);
  });
  const put = await secondsOf(() => inFlight(blocks, (block) => writer.put(block)));
  const commit = await secondsOf(() => writer.commit());
  const again = await secondsOf(() => inFlight(blocks, (block) => writer.put(block)));
  const getLimit = await secondsOf(() => {
    encoded.forEach((file, i) => void decodeBlock(digests[i] as string, file));
  });
  const get = await secondsOf(() => inFlight(digests, (digest) => store.get(digest)));

  const row = (name: string, seconds: number, limit: number) =>
    console.log(
      `${name.padEnd(28)} ${(mib / seconds).toFixed(0).padStart(6)} MiB/s` +
        `   ${(seconds / limit).toFixed(2)}x the time of the processor's part alone`,
    );
  console.log(`${blocks.length} blocks of 512 KiB, ${mib} MiB`);
  row('put', put, putLimit);
  row('put and commit', put + commit, putLimit);
  row('put of blocks that are there', again, getLimit);
  row('get', get, getLimit);
} finally {
  await rm(folder, { recursive: true });
}
