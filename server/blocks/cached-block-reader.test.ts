import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockMissingError, type BlockReader, blockSizeBytes, type Digest } from './block-store.ts';
import { CachedBlockReader } from './cached-block-reader.ts';
import { MemoryBlockStore } from './memory/memory-block-store.ts';
import { storeBlock } from './test-blocks.ts';

/** Counts what is really read. */
class CountingReader implements BlockReader {
  readonly reads: Digest[] = [];
  readonly #source: BlockReader;
  constructor(source: BlockReader) {
    this.#source = source;
  }
  get(digest: Digest) {
    this.reads.push(digest);
    return this.#source.get(digest);
  }
  has(digest: Digest) {
    return this.#source.has(digest);
  }
}

async function setUp(capacityBlocks: number) {
  const store = new MemoryBlockStore();
  const digests: Digest[] = [];
  for (let i = 1; i <= 5; i++) {
    digests.push(await storeBlock(store, Buffer.alloc(blockSizeBytes, i)));
  }
  const source = new CountingReader(store);
  const cache = new CachedBlockReader(source, { capacityBytes: capacityBlocks * blockSizeBytes });
  return { store, digests: digests as [string, string, string, string, string], source, cache };
}

test('readers of one block at the same time cause one load', async () => {
  const { source, cache, digests } = await setUp(2);
  const blocks = await Promise.all(Array.from({ length: 10 }, () => cache.get(digests[0])));
  assert.equal(new Set(blocks).size, 1);
  assert.deepEqual(source.reads, [digests[0]]);
});

test('peek gives what is in memory, and nothing else', async () => {
  const { cache, digests } = await setUp(2);
  assert.equal(cache.peek(digests[0]), undefined);
  const block = await cache.get(digests[0]);
  assert.equal(cache.peek(digests[0]), block);
});

test('the block that was used longest ago makes room', async () => {
  const { cache, digests } = await setUp(2);
  const [a, b, c] = digests;
  await cache.get(a);
  await cache.get(b);
  cache.peek(a);
  await cache.get(c);
  assert.ok(cache.peek(a));
  assert.equal(cache.peek(b), undefined);
  assert.ok(cache.peek(c));
});

test('a failure is not remembered', async () => {
  const { store, cache, digests } = await setUp(2);
  store.lose(digests[0]);
  await assert.rejects(cache.get(digests[0]), BlockMissingError);
  await storeBlock(store, Buffer.alloc(blockSizeBytes, 1));
  assert.equal((await cache.get(digests[0]))[0], 1);
});
