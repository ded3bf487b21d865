/**
 * What encryption costs the block store: blocks of programs and random ones, put and committed, then
 * read, plain and sealed in turn, in one run. Prints ratios: 1.00 would be a seal that costs nothing.
 *   node bench/sealed.bench.ts
 */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BlockStore, blockSizeBytes } from '../server/blocks/block-store.ts';
import { BlockThreads, writingThreads } from '../server/blocks/fs/block-threads.ts';
import { FsBlockStore } from '../server/blocks/fs/fs-block-store.ts';
import { SealThreads } from '../server/blocks/seal-threads.ts';
import { sealKeyOf } from '../server/blocks/sealed-block.ts';
import { sealedStore } from '../server/blocks/sealed-blocks.ts';
import { inTurn, load, ratio, spread } from './figures.ts';

const blockCount = 400;
const rounds = 5;
const inFlight = 8;

/** Real bytes of programs and libraries: as compressible as a root file system. */
async function realBlocks(): Promise<Buffer[]> {
  const folders = ['usr/lib/x86_64-linux-gnu', 'usr/bin'];
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  const tar = spawn('tar', ['-C', '/', '-cf', '-', ...folders], { stdio });
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of tar.stdout as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= blockCount * blockSizeBytes) break;
  }
  tar.kill();
  return blocksOf(Buffer.concat(chunks));
}

function blocksOf(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(bytes.length / blockSizeBytes) }, (_, i) =>
    Buffer.from(bytes.subarray(i * blockSizeBytes, (i + 1) * blockSizeBytes)),
  );
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

const key = sealKeyOf(randomBytes(32));
const kinds = { programs: await realBlocks(), random: blocksOf(randomBytes(200 * 1024 * 1024)) };
for (const [kind, blocks] of Object.entries(kinds)) {
  const took = { plain: [[], []], sealed: [[], []] } as Record<string, [number[], number[]]>;
  for (let round = 0; round <= rounds; round++) {
    for (const side of inTurn(round, ['plain', 'sealed'])) {
      const folder = await mkdtemp(path.join(tmpdir(), 'bench-sealed-'));
      const opened = await FsBlockStore.open(folder, {
        work: new BlockThreads({ threads: writingThreads }),
      });
      const sealing = new SealThreads();
      const store: BlockStore = side === 'plain' ? opened : sealedStore(opened, key, sealing);
      const digests: string[] = [];
      const putMs = await msOf(async () => {
        await using writer = store.begin();
        await each(blocks, async (block) => {
          const own = writer.room();
          block.copy(own);
          digests.push((await writer.put(own, { given: true })).digest);
        });
        await writer.commit();
      });
      const getMs = await msOf(() => each(digests, (digest) => store.get(digest)));
      // The first round warms up.
      if (round > 0) {
        took[side]?.[0].push(putMs);
        took[side]?.[1].push(getMs);
      }
      await sealing.close();
      await opened.close();
      await rm(folder, { recursive: true });
    }
  }
  const { plain = [[], []], sealed = [[], []] } = took;
  console.log(`${kind}: ${blocks.length} blocks of 512 KiB, ${load()}`);
  for (const [index, what] of ['put and commit', 'get'].entries()) {
    const [one, other] = [plain[index] ?? [], sealed[index] ?? []];
    console.log(`  ${what}: plain ${spread(one)}, sealed ${spread(other)}: ${ratio(other, one)}`);
  }
}
