import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeBlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { MemoryBlockStore } from '../blocks/memory/memory-block-store.ts';
import { countBlocks, type DamagedBlock, verifyBlocks } from './verify-blocks.ts';

test('blocks of a map are read some at a time, and each that is damaged is told by its place', async () => {
  const store = new MemoryBlockStore();
  await using writer = store.begin();
  const changes = new Map<number, string>();
  // In two leaves of the map, with zeros between.
  const indexes = [0, 2, 3, 9000, 20_000];
  for (const index of indexes) {
    const { digest } = await writer.put(Buffer.alloc(blockSizeBytes, `block ${index}`));
    changes.set(index, digest);
  }
  const sizeBytes = 20_001 * blockSizeBytes;
  const { root } = await writeBlockMap(writer, { sizeBytes, changes });
  await writer.commit();
  assert.equal(await countBlocks(store, root), indexes.length);
  const lost = changes.get(3) as string;
  store.lose(lost);
  const damaged: DamagedBlock[] = [];
  const reads: number[] = [];
  for (let from: number | undefined = 0; from !== undefined; ) {
    const found = await verifyBlocks(store, root, { from, most: 2 });
    reads.push(found.read);
    damaged.push(...found.damaged);
    from = found.next;
  }
  assert.deepEqual(reads, [2, 2, 1]);
  assert.deepEqual(
    damaged.map(({ digest, index }) => [digest, index]),
    [[lost, 3]],
  );
  store.lose(root);
  const whole = await verifyBlocks(store, root, { from: 0, most: 2 });
  assert.deepEqual([whole.read, whole.damaged[0]?.digest, whole.next], [0, root, undefined]);
  assert.equal(await countBlocks(store, root), 0);
});
