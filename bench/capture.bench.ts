/**
 * Capturing the same 60 MB of changes from a volume of 1 GiB and of 8 GiB, both over a full base:
 * what a capture costs must depend on the changes, not on the size. Goal: at most 1.2x.
 *   node bench/capture.bench.ts
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeBlockMap } from '../server/blocks/block-map.ts';
import { blockSizeBytes, type Digest } from '../server/blocks/block-store.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { createLayer } from '../server/disk/qcow2-create.ts';
import { uploadLayers } from '../server/disk/upload-layers.ts';

const mib = 1024 ** 2;
const gib = 1024 ** 3;
const rounds = 5;
const goal = 1.2;

/** A volume whose every block is stored; the blocks repeat, the map does not know. */
async function newBase(store: FsBlockStore, sizeBytes: number): Promise<Digest> {
  const digests: Digest[] = [];
  await using writer = store.begin();
  for (let i = 0; i < 64; i++) {
    digests.push((await writer.put(Buffer.alloc(blockSizeBytes, `base ${i} `))).digest);
  }
  const changes = new Map<number, Digest>();
  for (let i = 0; i < sizeBytes / blockSizeBytes; i++) {
    changes.set(i, digests[(i * i + 7 * i) % digests.length] as Digest);
  }
  const { root } = await writeBlockMap(writer, { sizeBytes, changes });
  await writer.commit();
  return root;
}

/**
 * 60 MB in pieces of 240 KiB, spread over the first GiB of either volume, different in each round.
 */
async function newLayer(file: string, sizeBytes: number, round: number): Promise<void> {
  await createLayer(file, sizeBytes);
  const commands: string[] = [];
  for (let i = 0; i < 244; i++) {
    const value = (round * 31 + i) % 255;
    commands.push('-c', `write -q -P ${value} ${i * 4 * mib + 64 * 1024 * (i % 50)} 240k`);
  }
  execFileSync('qemu-io', ['-f', 'qcow2', ...commands, file]);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-capture-'));
try {
  const store = await FsBlockStore.open(path.join(folder, 'blocks'));
  const sizes = [gib, 8 * gib];
  const bases = await Promise.all(sizes.map((sizeBytes) => newBase(store, sizeBytes)));
  const times: [number[], number[]] = [[], []];
  // Rounds alternate between the sizes, so that a busy moment of the machine hits both.
  for (let round = 0; round < rounds; round++) {
    for (const [i, sizeBytes] of sizes.entries()) {
      const layer = path.join(folder, `${round}-${i}.qcow2`);
      await newLayer(layer, sizeBytes, round * 2 + i);
      const start = performance.now();
      const base = { root: bases[i] as Digest, sizeBytes };
      const captured = await uploadLayers({ store, base, layers: [layer], sizeBytes });
      times[i]?.push(performance.now() - start);
      if (round === 0) console.log(`${sizeBytes / gib} GiB:`, captured);
    }
  }
  const [small, large] = [median(times[0]), median(times[1])];
  console.log(`1 GiB ${small.toFixed(0)} ms, 8 GiB ${large.toFixed(0)} ms (median of ${rounds})`);
  console.log(`ratio ${(large / small).toFixed(2)}x, goal at most ${goal}x`);
} finally {
  await rm(folder, { recursive: true });
}
