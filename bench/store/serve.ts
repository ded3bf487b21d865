/** Reads over NBD by QEMU's own client, against nbdkit and qemu-nbd with the same bytes raw. */
import { type ChildProcess, execFile, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readBlockMap } from '../../server/blocks/block-map.ts';
import { blockFile } from '../../server/blocks/fs/block-places.ts';
import { BlockThreads } from '../../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../../server/blocks/fs/fs-block-store.ts';
import { openRawFileDisk } from '../../server/disk/raw-file-disk.ts';
import { uploadDisk } from '../../server/disk/upload-layers.ts';
import { median } from '../figures.ts';
import { bareSeconds } from './bare.ts';
import { evict, warm, writeRandomBytes, writeRealBytes } from './data.ts';
import { findPeers } from './peers.ts';
import { type Row, rate, secondsOf } from './row.ts';

const run = promisify(execFile);
const mib = 1024 ** 2;
const sizeBytes = 512 * mib;
/** For blocks, in the cold runs: as an operator has it who says nothing. */
const coldCacheBytes = 256 * mib;
const rounds = 3;
const farApart = 37 * mib + 4096;

interface Pattern {
  name: string;
  requestBytes: number;
  stepBytes: number;
  count: number;
  depth: number;
  goal: number;
}

const sequential = { requestBytes: 256 * 1024, stepBytes: 256 * 1024, depth: 8 };
const all = (bytes: number) => ({ ...sequential, count: bytes / sequential.requestBytes });
const hot: Pattern[] = [
  { ...sequential, name: 'hot, sequential 256 KiB', count: 8 * all(sizeBytes).count, goal: 1 },
  {
    name: 'hot, 4 KiB far apart, depth 16',
    requestBytes: 4096,
    stepBytes: farApart,
    count: 100_000,
    depth: 16,
    goal: 1.5,
  },
];

export async function serveRows(folder: string): Promise<Row[]> {
  const peers = await findPeers(['nbdkit', 'qemu-nbd', 'qemu-img']);
  const raw = path.join(folder, 'disk.raw');
  await writeRealBytes(raw, sizeBytes);
  const blocks = path.join(folder, 'blocks');
  const store = await FsBlockStore.open(blocks, { work: new BlockThreads() });
  const root = await upload(store, raw);
  const other = path.join(folder, 'other.raw');
  await writeRandomBytes(other, coldCacheBytes);
  const otherRoot = await upload(store, other);
  await rm(other);
  const files: [string, string][] = [];
  const map = await readBlockMap(store, root);
  for await (const { digest } of map.entries()) files.push([digest, blockFile(blocks, digest)]);
  await store.close();
  const place = { folder, blocks, root };
  const rows = await coldRows({ ...place, otherRoot }, files);
  const servers = { ours: await serveOurs(place), ...(await servePeers(peers, folder, raw)) };
  try {
    await warm(raw);
    for (const pattern of hot) {
      for (const { name, url } of servers.peers) {
        const goal = name === 'nbdkit file' ? pattern.goal : undefined;
        rows.push(await compare(pattern, servers.ours.url, { name, url, goal }));
      }
    }
  } finally {
    for (const { process: server } of [servers.ours, ...servers.peers]) await end(server);
  }
  for (const { what, ours, peer } of rows) console.log(`${what}: ${ours}, ${peer}`);
  return rows;
}

async function upload(store: FsBlockStore, raw: string): Promise<string> {
  const disk = await openRawFileDisk(raw);
  try {
    return (await uploadDisk({ store, disk })).root;
  } finally {
    await disk.close();
  }
}

interface Place {
  folder: string;
  blocks: string;
  root: string;
}

/**
 * What is not in the memory of the data plane: from the disk, and from the page cache. It has served
 * another disk before, so that its threads are up, as the bare side's are, and its memory is full.
 */
async function coldRows(
  place: Place & { otherRoot: string },
  files: [string, string][],
): Promise<Row[]> {
  const cores = availableParallelism();
  const rows: Row[] = [];
  for (const from of ['the disk', 'the page cache']) {
    const ours: number[] = [];
    const bare: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const prepare = () =>
        from === 'the disk' ? evict(...files.map(([, file]) => file)) : Promise.resolve();
      await prepare();
      const { url, process: server } = await serveOurs(place, place.otherRoot);
      await benchSeconds(all(coldCacheBytes), url.replace(place.root, place.otherRoot));
      ours.push(await benchSeconds(all(sizeBytes), url));
      await end(server);
      await prepare();
      bare.push(await bareSeconds({ kind: 'read', files }));
    }
    rows.push({
      what: `cold from ${from}, sequential, against read, unzstd and SHA-256 bare on ${cores} cores`,
      ours: rate(sizeBytes, median(ours)),
      peer: rate(sizeBytes, median(bare)),
      ratio: median(bare.map((seconds, i) => seconds / (ours[i] ?? Number.NaN))),
      goal: 0.8,
    });
  }
  return rows;
}

async function compare(
  pattern: Pattern,
  ours: string,
  peer: { name: string; url: string; goal?: number },
): Promise<Row> {
  // In the memory of both.
  await benchSeconds(all(sizeBytes), ours);
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    times[0].push(await benchSeconds(pattern, ours));
    times[1].push(await benchSeconds(pattern, peer.url));
  }
  const [mine, theirs] = times;
  const told = (seconds: number) =>
    pattern.requestBytes > 4096
      ? rate(pattern.count * pattern.requestBytes, seconds)
      : `${Math.round(pattern.count / seconds)}/s`;
  return {
    what: `${pattern.name}, against ${peer.name}`,
    ours: told(median(mine)),
    peer: told(median(theirs)),
    ratio: median(theirs.map((seconds, i) => seconds / (mine[i] ?? Number.NaN))),
    goal: peer.goal,
  };
}

function benchSeconds(
  { count, depth, requestBytes, stepBytes }: Omit<Pattern, 'name' | 'goal'>,
  url: string,
): Promise<number> {
  const size = ['-c', String(count), '-d', String(depth), '-s', String(requestBytes)];
  return secondsOf(() =>
    run('qemu-img', ['bench', '-f', 'raw', ...size, '-S', String(stepBytes), url]),
  );
}

interface Server {
  socket: string;
  url: string;
  process: ChildProcess;
}

/** `otherRoot`: a further disk, and no more memory than usual. */
async function serveOurs({ folder, blocks, root }: Place, otherRoot?: string): Promise<Server> {
  const main = fileURLToPath(new URL('./serve-ours.ts', import.meta.url));
  const socket = path.join(folder, 'ours.sock');
  await rm(socket, { force: true });
  const url = `nbd+unix:///${root}?socket=${socket}`;
  const argv = otherRoot
    ? ['--cache', `${coldCacheBytes}`, blocks, `${root},${otherRoot}`, socket]
    : [blocks, root, socket];
  return ready({ socket, url, process: fork(main, argv) });
}

async function servePeers(peers: Set<string>, folder: string, raw: string) {
  const of = (name: string) => path.join(folder, `${name}.sock`);
  const found: (Server & { name: string })[] = [];
  const add = async (name: string, socket: string, program: string, argv: string[]) => {
    const server = spawn(program, argv, { stdio: 'ignore' });
    const url = `nbd+unix:///x?socket=${socket}`;
    found.push({ name, ...(await ready({ socket, url, process: server })) });
  };
  if (peers.has('nbdkit')) {
    const argv = ['-f', '-r', '-e', 'x', '-U', of('nbdkit'), 'file', raw];
    await add('nbdkit file', of('nbdkit'), 'nbdkit', argv);
  }
  if (peers.has('qemu-nbd')) {
    const argv = ['-r', '-f', 'raw', '-t', '-e', '8', '-x', 'x', '-k', of('qemu'), raw];
    await add('qemu-nbd', of('qemu'), 'qemu-nbd', argv);
  }
  return { peers: found };
}

async function ready(server: Server): Promise<Server> {
  while (!existsSync(server.socket)) {
    if (server.process.exitCode !== null) throw new Error('a server did not start');
    await sleep(20);
  }
  return server;
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  server.kill();
  await once(server, 'exit');
}
