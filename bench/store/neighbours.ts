/**
 * Sixteen busy guests at once: one data plane whose blocks are read in threads, against as many
 * processes as processors, each with its share of the guests and a memory of its own.
 */
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
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
const guests = 16;
const sizeBytes = 128 * 1024 ** 2;
const rounds = 3;
const loads = {
  'a boot from memory each: 4 KiB far apart, depth 4': ['-c', '4000', '-d', '4', '-s', '4096'],
  'what nobody has read yet: 256 KiB in order, depth 8': ['-c', '512', '-d', '8', '-s', '262144'],
};
const steps = ['37752832', '262144'];

export async function neighboursRows(folder: string): Promise<Row[]> {
  const raw = path.join(folder, 'disk.raw');
  await writeRealBytes(raw, sizeBytes);
  const blocks = path.join(folder, 'blocks');
  const store = await FsBlockStore.open(blocks, { work: new BlockThreads() });
  const disk = await openRawFileDisk(raw);
  const { root } = await uploadDisk({ store, disk });
  await disk.close();
  await store.close();
  const sides = [
    { processes: 1, hot: [] as number[], cold: [] as number[] },
    { processes: availableParallelism(), hot: [] as number[], cold: [] as number[] },
  ];
  for (let round = 0; round < rounds; round++) {
    for (const side of inTurn(round, sides)) {
      const servers = await serve(side.processes, { folder, blocks, root });
      const [near = [], far = []] = Object.values(loads);
      side.cold.push(await allGuests(servers, [...far, '-S', steps[1] ?? '']));
      side.hot.push(await allGuests(servers, [...near, '-S', steps[0] ?? '']));
      for (const { server } of servers) {
        server.kill();
        await once(server, 'exit');
      }
    }
  }
  const [one, many] = sides;
  const row = (what: string, mine: number[] = [], theirs: number[] = []): Row => ({
    what: `${guests} guests, ${what}`,
    ours: `1 process, ${median(mine).toFixed(1)} s`,
    peer: `${many?.processes} processes, ${median(theirs).toFixed(1)} s`,
    ratio: median(theirs.map((seconds, i) => seconds / (mine[i] ?? Number.NaN))),
  });
  const [hot = '', cold = ''] = Object.keys(loads);
  return [row(hot, one?.hot, many?.hot), row(cold, one?.cold, many?.cold)];
}

interface Server {
  socket: string;
  server: ChildProcess;
}

async function serve(count: number, place: { folder: string; blocks: string; root: string }) {
  const main = fileURLToPath(new URL('./serve-ours.ts', import.meta.url));
  const servers: Server[] = Array.from({ length: count }, (_, i) => {
    const socket = path.join(place.folder, `${process.hrtime.bigint()}-${i}.sock`);
    return { socket, server: fork(main, [place.blocks, place.root, socket]) };
  });
  for (const { socket } of servers) while (!existsSync(socket)) await sleep(20);
  return servers;
}

function allGuests(servers: readonly Server[], argv: readonly string[]): Promise<number> {
  return secondsOf(() =>
    Promise.all(
      Array.from({ length: guests }, (_, i) => {
        const { socket = '' } = servers[i % servers.length] ?? {};
        return run('qemu-img', ['bench', '-f', 'raw', ...argv, `nbd+unix:///x?socket=${socket}`]);
      }),
    ),
  );
}
