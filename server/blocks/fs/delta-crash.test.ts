/** Power cuts and kills while deltas, and what heals damaged blocks, are put and collected. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CrashingFiles } from '../../files/crashing/crashing-files.ts';
import { seededNumbers } from '../../files/crashing/seeded-numbers.ts';
import { type CrashStory, tryCrashPoints } from '../../files/crashing/test-crash-points.ts';
import { type Digest, digestOf } from '../block-store.ts';
import { blockFile } from './block-places.ts';
import { FsBlockStore } from './fs-block-store.ts';

const folder = '/blocks';

/** Of bytes that do not compress, each nearly the one before. */
function generations(seed: number, count: number): Buffer[] {
  const random = seededNumbers(seed);
  const first = Buffer.from(Array.from({ length: 6000 }, () => random(256)));
  return Array.from({ length: count }, (_, i) => {
    const block = Buffer.from(first);
    block.fill(i, 0, 10 * i);
    return block;
  });
}

const story: CrashStory = {
  name: 'deltas',
  async begin(files, seed) {
    const blocks = generations(seed, 5);
    const known = new Map(blocks.map((block) => [digestOf(block), block]));
    const durable = new Set<Digest>();
    const store = await FsBlockStore.open(folder, { files });
    return {
      async act() {
        let replaces: Digest | undefined;
        for (const block of blocks) {
          await using writer = store.begin();
          replaces = (await writer.put(block, { replaces })).digest;
          await writer.commit();
          durable.add(replaces);
        }
        await collectOne(store, digestOf(blocks[4] as Buffer), durable);
        await heal(files, store, blocks[2] as Buffer, durable);
      },
      async restart(left) {
        const again = await FsBlockStore.open(folder, { files: left });
        const lost: string[] = [];
        for (const digest of durable) {
          const bytes = await again.get(digest).catch((error: Error) => error);
          if (!(bytes instanceof Buffer && known.get(digest)?.equals(bytes))) {
            lost.push(`${digest}: ${bytes}`);
          }
        }
        const leaked = await left.readdir(`${folder}/incoming`);
        return { lost, doubled: [], leaked };
      },
    };
  },
};

/** Condemned and removed, its base stays. */
async function collectOne(store: FsBlockStore, digest: Digest, durable: Set<Digest>) {
  await using collection = await store.collect();
  const { id } = await collection.beginRound({});
  durable.delete(digest);
  assert.equal(await collection.condemn(id, digest), true);
  assert.equal(await collection.destroy(id, digest), true);
  await collection.endRound(id);
}

/** A delta is damaged, and a whole file takes its place. */
async function heal(
  files: CrashingFiles,
  store: FsBlockStore,
  block: Buffer,
  durable: Set<Digest>,
): Promise<void> {
  const digest = digestOf(block);
  durable.delete(digest);
  {
    await using handle = await files.open(`${blockFile(folder, digest)}.d`, 'update');
    await handle.write(Buffer.of(0xff), 50);
  }
  await assert.rejects(store.get(digest), /corrupt/);
  await using writer = store.begin();
  await writer.put(block);
  await writer.commit();
  durable.add(digest);
  assert.deepEqual(await store.get(digest), block);
}

test('what was committed is there after a cut anywhere, deltas and their bases too', async () => {
  const { points, failures } = await tryCrashPoints(story, { seed: 10 });
  assert.ok(points > 20, `${points}`);
  assert.deepEqual(failures, []);
});
