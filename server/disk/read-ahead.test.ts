import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import { CachedBlockReader } from '../blocks/cached-block-reader.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { storeBlock, storeMap } from '../blocks/test-blocks.ts';
import { openSnapshotDisk, type SnapshotDisk } from './snapshot-disk.ts';

const count = 40;
let disk: SnapshotDisk;
let digests: Digest[];
/** Blocks of the volume that were read from the store. */
let reads: number[];

beforeEach(async () => {
  const store = new MemoryBlockStore();
  digests = [];
  for (let i = 0; i < count; i++) {
    digests.push(await storeBlock(store, Buffer.alloc(blockSizeBytes, i + 1)));
  }
  const changes = new Map(digests.map((digest, i) => [i, digest]));
  const { root } = await storeMap(store, { sizeBytes: count * blockSizeBytes, changes });
  reads = [];
  const counted = {
    has: (digest: Digest) => store.has(digest),
    get: (digest: Digest) => {
      if (digests.includes(digest)) reads.push(digests.indexOf(digest));
      return store.get(digest);
    },
  };
  const cache = new CachedBlockReader(counted, { capacityBytes: 100 * blockSizeBytes });
  disk = await openSnapshotDisk(cache, root);
});

async function readBlock(index: number): Promise<void> {
  const half = blockSizeBytes / 2;
  for (const offset of [0, half]) {
    const bytes = await disk.pread(index * blockSizeBytes + offset, half);
    assert.equal(bytes[0], index + 1);
  }
  for (let i = 0; i < 20; i++) await turn();
}

test('who reads on from block to block finds the next ones read, each once', async () => {
  for (let index = 0; index < 3; index++) await readBlock(index);
  assert.deepEqual(reads, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  for (let index = 3; index < count; index++) {
    assert.ok(reads.includes(index), `block ${index} was read ahead`);
    await readBlock(index);
  }
  assert.deepEqual(
    reads,
    digests.map((_, index) => index),
  );
});

test('who jumps has nothing read but what was asked for', async () => {
  const jumps = [5, 20, 6, 30, 7, 8, 1];
  for (const index of jumps) await readBlock(index);
  assert.deepEqual(reads, jumps);
});

test('a block that cannot be read ahead is an error for who asks for it, and no other', async () => {
  const lost = 8;
  const digest = digests[lost] ?? '';
  const broken = new MemoryBlockStore();
  for (let i = 0; i < count; i++) await storeBlock(broken, Buffer.alloc(blockSizeBytes, i + 1));
  const changes = new Map(digests.map((each, i) => [i, each]));
  const { root } = await storeMap(broken, { sizeBytes: count * blockSizeBytes, changes });
  broken.lose(digest);
  disk = await openSnapshotDisk(new CachedBlockReader(broken, { capacityBytes: 2 ** 27 }), root);
  for (let index = 0; index < lost; index++) await readBlock(index);
  await assert.rejects(disk.pread(lost * blockSizeBytes, 1), /missing/);
  await readBlock(lost + 1);
});
