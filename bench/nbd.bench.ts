/**
 * The NBD server over a snapshot's blocks against `qemu-nbd --read-only` over the same bytes as a
 * raw file, in the same run, with QEMU's own client (`qemu-img bench`). Each server is a process of
 * its own. Prints ratios: above 1.0 ours is faster.
 *   node bench/nbd.bench.ts
 */
import { execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CachedBlockReader } from '../server/blocks/cached-block-reader.ts';
import { FsBlockReader } from '../server/blocks/fs/fs-block-reader.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { openRawFileDisk } from '../server/disk/raw-file-disk.ts';
import { openSnapshotDisk } from '../server/disk/snapshot-disk.ts';
import { uploadDisk } from '../server/disk/upload-layers.ts';
import { createNbdServer } from '../server/nbd/nbd-server.ts';

const mib = 1024 ** 2;
const diskBytes = 384 * mib;
const rounds = 3;

interface Pattern {
  name: string;
  requestBytes: number;
  /** Distance between requests; far apart and odd stands in for random. */
  stepBytes: number;
  count: number;
  depth: number;
}

const farApart = 37 * mib + 4096;
const patterns: Pattern[] = [
  {
    name: 'sequential 256 KiB, depth 8',
    requestBytes: 262_144,
    stepBytes: 262_144,
    count: 4 * 1536,
    depth: 8,
  },
  {
    name: '4 KiB far apart, depth 1',
    requestBytes: 4096,
    stepBytes: farApart,
    count: 20_000,
    depth: 1,
  },
  {
    name: '4 KiB far apart, depth 16',
    requestBytes: 4096,
    stepBytes: farApart,
    count: 60_000,
    depth: 16,
  },
];

/** In the child: serves the snapshot. */
async function serve(blocksFolder: string, root: string, socketPath: string): Promise<void> {
  const capacityBytes = 2 * diskBytes;
  const reader = new CachedBlockReader(new FsBlockReader(blocksFolder), { capacityBytes });
  const disk = await openSnapshotDisk(reader, root);
  await createNbdServer({ lookup: async () => disk }).listen(socketPath);
}

async function millisecondsOf(pattern: Pattern, socketPath: string): Promise<number> {
  const start = performance.now();
  await promisify(execFile)('qemu-img', [
    ...['bench', '-f', 'raw', '-c', String(pattern.count), '-d', String(pattern.depth)],
    ...['-s', String(pattern.requestBytes), '-S', String(pattern.stepBytes)],
    `nbd+unix:///x?socket=${socketPath}`,
  ]);
  return performance.now() - start;
}

/** A raw file of real bytes. */
async function writeRawFile(file: string): Promise<void> {
  const tar = spawn('tar', ['-C', '/', '-cf', '-', 'usr/lib', 'usr/bin', 'usr/share'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await using handle = await open(file, 'wx');
  let written = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    written += (await handle.write(chunk)).bytesWritten;
    if (written >= diskBytes) break;
  }
  tar.kill();
  await handle.truncate(diskBytes);
}

async function compare(ours: string, theirs: string): Promise<void> {
  const cold = patterns[0] as Pattern;
  const first = { ...cold, count: diskBytes / cold.requestBytes };
  report(
    { ...first, name: `${cold.name}, first read` },
    [await millisecondsOf(first, ours)],
    [await millisecondsOf(first, theirs)],
  );
  for (const pattern of patterns) {
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      times[0].push(await millisecondsOf(pattern, ours));
      times[1].push(await millisecondsOf(pattern, theirs));
    }
    report(pattern, ...times);
  }
}

function report(pattern: Pattern, ours: number[], theirs: number[]): void {
  const best = (times: number[]) => Math.min(...times);
  const rate = (milliseconds: number) =>
    pattern.requestBytes > 4096
      ? `${((pattern.count * pattern.requestBytes) / mib / (milliseconds / 1000)).toFixed(0)} MiB/s`
      : `${(pattern.count / (milliseconds / 1000)).toFixed(0)} per second`;
  console.log(
    `${pattern.name.padEnd(40)} ours ${rate(best(ours)).padStart(16)}` +
      `   qemu-nbd ${rate(best(theirs)).padStart(16)}   ${(best(theirs) / best(ours)).toFixed(2)}x`,
  );
}

async function main(): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-nbd-'));
  const raw = path.join(folder, 'disk.raw');
  const [ours, theirs] = [path.join(folder, 'ours.sock'), path.join(folder, 'theirs.sock')];
  await writeRawFile(raw);
  const blocksFolder = path.join(folder, 'blocks');
  const disk = await openRawFileDisk(raw);
  const { root } = await uploadDisk({ store: await FsBlockStore.open(blocksFolder), disk });
  await disk.close();
  const servers = [
    fork(fileURLToPath(import.meta.url), ['serve', blocksFolder, root, ours]),
    spawn('qemu-nbd', ['-r', '-f', 'raw', '-t', '-e', '8', '-x', 'x', '-k', theirs, raw]),
  ];
  try {
    while (!existsSync(ours) || !existsSync(theirs)) await sleep(20);
    await compare(ours, theirs);
  } finally {
    for (const server of servers) {
      server.kill();
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true });
  }
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'serve') await serve(...(rest as [string, string, string]));
else await main();
