import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBlockMap } from './block-map.ts';
import { type BlockReader, type Digest, digestOf } from './block-store.ts';
import { diffBlockMaps } from './diff-block-maps.ts';
import { blockCountOf, blocksPerLeaf, leafCoverBytes } from './map-pages.ts';
import { MemoryBlockStore } from './memory/memory-block-store.ts';
import { storeMap } from './test-blocks.ts';

const digest = (n: number): Digest => digestOf(Buffer.from(`block ${n}`));

/**
 * Up to three leaves; indexes around their ends, and few digests, so that blocks are often equal.
 */
const volume = fc.record({
  sizeBytes: fc.integer({ min: 1, max: 6 }).map((halves) => (halves * leafCoverBytes) / 2),
  blocks: fc.array(
    fc.tuple(
      fc
        .integer({ min: 0, max: 2 })
        .chain((leaf) =>
          fc.integer({ min: -3, max: 3 }).map((near) => Math.max(0, leaf * blocksPerLeaf + near)),
        ),
      fc.integer({ min: 0, max: 3 }),
    ),
    { maxLength: 12 },
  ),
});

function contentOf({ sizeBytes, blocks }: { sizeBytes: number; blocks: [number, number][] }) {
  const inside = blocks.filter(([index]) => index < blockCountOf(sizeBytes));
  return new Map(inside.map(([index, n]) => [index, digest(n)]));
}

test('the difference is that of the contents, for any two maps', async () => {
  await fc.assert(
    fc.asyncProperty(volume, volume, async (one, other) => {
      const store = new MemoryBlockStore();
      const [before, after] = [contentOf(one), contentOf(other)];
      const rootOf = async (sizeBytes: number, changes: Map<number, Digest>) =>
        (await storeMap(store, { sizeBytes, changes })).root;
      const difference = await Array.fromAsync(
        diffBlockMaps(
          store,
          await rootOf(one.sizeBytes, before),
          await rootOf(other.sizeBytes, after),
        ),
      );
      const indexes = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
      const naive = indexes.flatMap((index) => {
        const [was, is] = [before.get(index) ?? null, after.get(index) ?? null];
        return was === is ? [] : [{ index, before: was, after: is }];
      });
      assert.deepEqual(difference, naive);
    }),
  );
});

test('only the pages that differ are read', async () => {
  const store = new MemoryBlockStore();
  const sizeBytes = 8 * leafCoverBytes;
  const changes = new Map(Array.from({ length: 8 }, (_, i) => [i * blocksPerLeaf, digest(i)]));
  const before = (await storeMap(store, { sizeBytes, changes })).root;
  const next = new Map([[3 * blocksPerLeaf + 1, digest(9)]]);
  const after = (await storeMap(store, { sizeBytes, base: before, changes: next })).root;
  const reads = new Set<Digest>();
  const counting: BlockReader = {
    get: (wanted) => {
      reads.add(wanted);
      return store.get(wanted);
    },
    has: (wanted) => store.has(wanted),
  };
  assert.deepEqual(await Array.fromAsync(diffBlockMaps(counting, before, after)), [
    { index: 3 * blocksPerLeaf + 1, before: null, after: digest(9) },
  ]);
  const [old, now] = [await readBlockMap(store, before), await readBlockMap(store, after)];
  const leaf = (map: typeof old) => map.leaves[3]?.digest as Digest;
  assert.deepEqual(reads, new Set([before, after, leaf(old), leaf(now)]));
  reads.clear();
  assert.deepEqual(await Array.fromAsync(diffBlockMaps(counting, before, before)), []);
  assert.equal(reads.size, 0);
});
