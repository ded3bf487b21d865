/** New bytes into the store, and bytes that are there already, against the peers and bare metal. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bareSeconds } from './bare.ts';
import { evict, warm, writeRandomBytes, writeRealBytes } from './data.ts';
import { findPeers } from './peers.ts';
import { type Row, rate, secondsOf } from './row.ts';

const run = promisify(execFile);
const sizeBytes = 1024 ** 3;
const cores = availableParallelism();
const secret = { RESTIC_PASSWORD: 'bench', BORG_UNENCRYPTED_REPO_ACCESS_IS_OK: 'yes' };

interface Ingested {
  seconds: number;
  cpuSeconds: number;
  storedBytes: number;
}

export async function ingestRows(folder: string): Promise<Row[]> {
  const rows: Row[] = [];
  const peers = await findPeers(['restic', 'borg', 'casync', 'qemu-img']);
  const sources: [string, (file: string, bytes: number) => Promise<void>][] = [
    ['programs', writeRealBytes],
    ['random bytes', writeRandomBytes],
  ];
  for (const [name, make] of sources) {
    const file = path.join(folder, 'source.raw');
    await make(file, sizeBytes);
    const blocks = path.join(folder, 'blocks');
    await evict(file);
    const ours = await ingest(blocks, file);
    const row = (what: string, seconds: number, goal?: number, by = ours): Row => ({
      what: `${what}, ${name}`,
      ours: rate(sizeBytes, by.seconds),
      peer: rate(sizeBytes, seconds),
      ratio: seconds / by.seconds,
      goal,
    });
    const add = (each: Row) => {
      rows.push(each);
      console.log(`${each.what}: ${each.ours}, ${each.peer}`);
    };
    for (const [peer, seconds] of await peersSeconds(peers, folder, file)) {
      add(row(`new, cold, against ${peer}`, seconds, peer === 'restic backup' ? 3 : undefined));
    }
    await warm(file);
    const again = await ingest(blocks, file);
    add({
      what: `unchanged, a core's time, ${name}`,
      ours: rate(sizeBytes, again.cpuSeconds),
      peer: '1200 MB/s',
      ratio: sizeBytes / again.cpuSeconds / 1.2e9,
      goal: 1,
    });
    await rm(blocks, { recursive: true });
    const warmed = await ingest(blocks, file);
    const bytes = new SharedArrayBuffer(sizeBytes);
    Buffer.from(bytes).set(await readFile(file));
    const bare = await bareSeconds({ kind: 'ingest', bytes });
    add({
      what: `new, against SHA-256 and zstd bare on ${cores} cores, ${name}`,
      ours: rate(sizeBytes, warmed.seconds),
      peer: rate(sizeBytes, bare),
      ratio: bare / warmed.seconds,
      goal: 0.8,
    });
    const plain = path.join(folder, 'plain');
    await mkdir(plain);
    const written = await bareSeconds({ kind: 'write', bytes, folder: plain });
    await rm(plain, { recursive: true });
    // Not compressed: of programs it is more than what comes to the disk.
    add(
      row(
        `new, against the same bytes written and synced alone on ${cores} cores`,
        written,
        undefined,
        warmed,
      ),
    );
    await rm(blocks, { recursive: true });
    await rm(file);
  }
  return rows;
}

async function ingest(blocks: string, file: string): Promise<Ingested> {
  const main = fileURLToPath(new URL('./ingest-ours.ts', import.meta.url));
  const env = { ...process.env, UV_THREADPOOL_SIZE: '16' };
  const { stdout } = await run(process.execPath, [main, blocks, file], { env });
  return JSON.parse(stdout) as Ingested;
}

/** Each begins cold, into a repository that is there and empty. */
async function* peersOf(folder: string, file: string) {
  const place = (name: string) => path.join(folder, name);
  const env = { ...process.env, ...secret, HOME: folder };
  yield {
    peer: 'restic',
    name: 'restic backup',
    at: place('restic'),
    init: () => run('restic', ['-q', '-r', place('restic'), 'init'], { env }),
    go: () => run('restic', ['-q', '-r', place('restic'), 'backup', file], { env }),
  } as const;
  yield {
    peer: 'borg',
    name: 'borg create, zstd 1',
    at: place('borg'),
    init: () => run('borg', ['init', '-e', 'none', place('borg')], { env }),
    go: () => run('borg', ['create', '-C', 'zstd,1', `${place('borg')}::a`, file], { env }),
  } as const;
  yield {
    peer: 'casync',
    name: 'casync make',
    at: place('casync.store'),
    init: async () => {},
    go: () => {
      const store = `--store=${place('casync.store')}`;
      return run('casync', ['make', store, place('casync.caibx'), file], { env });
    },
  } as const;
  yield {
    peer: 'qemu-img',
    name: 'qemu-img convert -c, zstd',
    at: place('qemu.qcow2'),
    init: async () => {},
    go: () => {
      const options = ['-c', '-W', '-m', '16', '-f', 'raw', '-O', 'qcow2'];
      const to = ['-o', 'compression_type=zstd', file, place('qemu.qcow2')];
      return run('qemu-img', ['convert', ...options, ...to]);
    },
  } as const;
}

async function peersSeconds(peers: Set<string>, folder: string, file: string) {
  const found: [string, number][] = [];
  for await (const { peer, name, at, init, go } of peersOf(folder, file)) {
    if (!peers.has(peer)) continue;
    await init();
    await evict(file);
    found.push([name, await secondsOf(go)]);
    await rm(at, { recursive: true });
  }
  return found;
}
