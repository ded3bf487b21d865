/**
 * Sixteen busy guests at once on one data plane: with their disks in as many threads as processors
 * against in one; what the process takes beside its memory for blocks; and what is left to one of
 * them when the fifteen others are greedy.
 */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openRawFileDisk } from '../../server/disk/raw-file-disk.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import { inTurn, median } from '../figures.ts';
import { writeRealBytes } from './data.ts';
import { type Row, secondsOf } from './row.ts';

const run = promisify(execFile);
const mib = 1024 ** 2;
const guests = 16;
/** With the pages of its map it fills the memory for blocks. */
const sizeBytes = 126 * mib;
const cacheBytes = 128 * mib;
/** Beside the memory for blocks. */
const memoryMostBytes = 150 * mib;
const rounds = 3;
const near = ['-c', '4000', '-d', '4', '-s', '4096', '-S', '37752832'];
const far = ['-c', '512', '-d', '8', '-s', '262144', '-S', '262144'];
/** For as long as the one is measured. */
const greedy = ['-c', '100000000', '-d', '64', '-s', '262144', '-S', '37752832'];

export async function neighboursRows(folder: string): Promise<Row[]> {
  const raw = path.join(folder, 'disk.raw');
  await writeRealBytes(raw, sizeBytes);
  const blocks = path.join(folder, 'blocks');
  const store = await FsBlockStore.open(blocks, { work: new BlockThreads() });
  const disk = await openRawFileDisk(raw);
  const { root } = await uploadDisk({ store, disk });
  await disk.close();
  await store.close();
  const place = { folder, blocks, root };
  const many = { threads: availableParallelism(), hot: [] as number[], cold: [] as number[] };
  const one = { threads: 1, hot: [] as number[], cold: [] as number[] };
  const memory: number[] = [];
  const shares: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, [many, one])) {
      const served = await serve(side.threads, place);
      side.cold.push(await secondsOf(() => allGuests(served, far)));
      side.hot.push(await secondsOf(() => allGuests(served, near)));
      if (side === many) {
        memory.push(residentBytes(served.server) - cacheBytes);
        shares.push(await shareBesideGreedy(served));
      }
      served.server.kill();
      await once(served.server, 'exit');
    }
  }
  const compared = (what: string, ours: number[], theirs: number[]): Row => ({
    what: `${guests} guests, ${what}`,
    ours: `${many.threads} threads, ${median(ours).toFixed(1)} s`,
    peer: `1 thread, ${median(theirs).toFixed(1)} s`,
    ratio: median(theirs.map((seconds, i) => seconds / (ours[i] ?? Number.NaN))),
  });
  return [
    compared('blocks in memory, 4 KiB far apart, depth 4', many.hot, one.hot),
    compared('what nobody has read yet, 256 KiB in order, depth 8', many.cold, one.cold),
    {
      what: `${guests} guests, memory beside that for blocks`,
      ours: `${(median(memory) / mib).toFixed(0)} MiB`,
      peer: `${memoryMostBytes / mib} MiB at most`,
      ratio: memoryMostBytes / median(memory),
      goal: 1,
    },
    {
      what: `one guest beside ${guests - 1} greedy ones, against its fair share of what it has alone`,
      ours: `${(100 * median(shares)).toFixed(0)} % of alone`,
      peer: `${(100 / guests).toFixed(0)} %`,
      ratio: median(shares) * guests,
      goal: 1,
    },
  ];
}

interface Served {
  server: ChildProcess;
  urls: string[];
}

async function serve(
  threads: number,
  { folder, blocks, root }: { folder: string; blocks: string; root: string },
): Promise<Served> {
  const main = fileURLToPath(new URL('./serve-ours.ts', import.meta.url));
  const begun = process.hrtime.bigint();
  const sockets = Array.from({ length: guests }, (_, i) => path.join(folder, `${begun}-${i}.sock`));
  const options = ['--threads', `${threads}`, '--cache', `${cacheBytes}`];
  const server = fork(main, [...options, blocks, root, ...sockets]);
  while (!sockets.every((socket) => existsSync(socket))) await sleep(20);
  return { server, urls: sockets.map((socket) => `nbd+unix:///${root}?socket=${socket}`) };
}

function allGuests({ urls }: Served, argv: readonly string[]): Promise<unknown> {
  return Promise.all(urls.map((url) => bench(argv, url)));
}

function bench(argv: readonly string[], url: string, signal?: AbortSignal): Promise<unknown> {
  return run('qemu-img', ['bench', '-f', 'raw', ...argv, url], { signal });
}

/** How fast one of them is beside the others, against alone. */
async function shareBesideGreedy({ urls: [first = '', ...others] }: Served): Promise<number> {
  const alone = await secondsOf(() => bench(near, first));
  const ended = new AbortController();
  const begun = others.map((url) => bench(greedy, url, ended.signal).catch(() => undefined));
  try {
    return alone / (await secondsOf(() => bench(near, first)));
  } finally {
    ended.abort();
    await Promise.all(begun);
  }
}

function residentBytes({ pid }: ChildProcess): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
