/**
 * How long eight captures at once hold the event loop, and how fast they are, with the processor's
 * part of the block store in threads against the same without; and what a single cold read costs.
 * A hold is told by the clock, which counts what others on the host take, and by the processor time
 * of the event loop's own thread between two turns of a timer.
 * Goals: worst hold of its own with threads below 20 ms, throughput at least that without, a cold
 * read at most 1.2x.
 *   node bench/capture-hold.bench.ts
 */
import { spawn } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BlockThreads } from '../server/blocks/fs/block-threads.ts';
import { type BlockWork, InlineBlockWork } from '../server/blocks/fs/block-work.ts';
import { FsBlockReader } from '../server/blocks/fs/fs-block-reader.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { openRawFileDisk } from '../server/disk/raw-file-disk.ts';
import { uploadDisk } from '../server/disk/upload-layers.ts';
import { nodeFiles } from '../server/files/node/node-files.ts';
import { inTurn, load, ratio, spread } from './figures.ts';
import { longestHold } from './holds.ts';

const mib = 1024 ** 2;
const captures = 8;
const diskBytes = 48 * mib;
const rounds = 5;

/** Each disk has other bytes of programs and libraries, as compressible as a root file system. */
async function writeDisks(folder: string): Promise<string[]> {
  const tar = spawn('tar', ['-C', '/', '-cf', '-', 'usr/lib', 'usr/bin', 'usr/share'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const disks = Array.from({ length: captures }, (_, i) => path.join(folder, `${i}.raw`));
  const chunks = tar.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  for (const disk of disks) {
    await using handle = await open(disk, 'wx');
    for (let written = 0; written < diskBytes; ) {
      const { value, done } = await chunks.next();
      if (done) break;
      written += (await handle.write(value)).bytesWritten;
    }
    await handle.truncate(diskBytes);
  }
  tar.kill();
  return disks;
}

interface Side {
  name: string;
  newWork: () => BlockWork;
  milliseconds: number[];
  worstHolds: number[];
  worstOwnHolds: number[];
  coldReads: number[];
}

async function runRound(side: Side, folder: string, disks: readonly string[]): Promise<void> {
  const work = side.newWork();
  const store = await FsBlockStore.open(folder, { work });
  const hold = await longestHold(async () => {
    const start = performance.now();
    await Promise.all(disks.map((file) => capture(store, file)));
    side.milliseconds.push(performance.now() - start);
  });
  side.worstHolds.push(hold.wallMs);
  side.worstOwnHolds.push(hold.cpuMs);
  const reader = new FsBlockReader(folder, { work });
  const digests = (await Array.fromAsync(store.list())).slice(0, 50).map(({ digest }) => digest);
  for (const digest of digests) {
    await delay(1);
    const begin = performance.now();
    await reader.get(digest);
    side.coldReads.push(performance.now() - begin);
  }
  await store.close();
}

async function capture(store: FsBlockStore, file: string): Promise<void> {
  const disk = await openRawFileDisk(file);
  try {
    const { root } = await uploadDisk({ store, disk });
    if (!root) throw new Error('a capture gave no root');
  } finally {
    await disk.close();
  }
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-hold-'));
const side = (name: string, newWork: () => BlockWork): Side => ({
  name,
  newWork,
  milliseconds: [],
  worstHolds: [],
  worstOwnHolds: [],
  coldReads: [],
});
const threads = side('in threads', () => new BlockThreads({ background: true }));
const inline = side('without', () => new InlineBlockWork(nodeFiles));
try {
  const disks = await writeDisks(folder);
  for (let round = 0; round < rounds; round++) {
    for (const each of inTurn(round, [threads, inline])) {
      const blocks = path.join(folder, 'blocks');
      await runRound(each, blocks, disks);
      await rm(blocks, { recursive: true });
    }
  }
  for (const each of [threads, inline]) {
    console.log(
      `${each.name}: ${captures} captures of ${diskBytes / mib} MiB ${spread(each.milliseconds)}` +
        `, worst hold ${spread(each.worstHolds, 'ms', 1)}` +
        `, of its own ${spread(each.worstOwnHolds, 'ms', 1)}, cold read ${spread(each.coldReads, 'ms', 2)}`,
    );
  }
  console.log(`time ${ratio(threads.milliseconds, inline.milliseconds)} of that without threads`);
  console.log(`cold read ${ratio(threads.coldReads, inline.coldReads)}; ${load()}`);
} finally {
  await rm(folder, { recursive: true });
}
