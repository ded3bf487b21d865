/** For tests: one block, or one map, in a store for good. */
import { type BlockMapChanges, type WrittenBlockMap, writeBlockMap } from './block-map.ts';
import type { BlockStore, Digest } from './block-store.ts';

export async function storeBlock(store: BlockStore, plain: Buffer): Promise<Digest> {
  await using writer = store.begin();
  const { digest } = await writer.put(plain);
  await writer.commit();
  return digest;
}

export async function storeMap(
  store: BlockStore,
  changes: BlockMapChanges,
): Promise<WrittenBlockMap> {
  await using writer = store.begin();
  const written = await writeBlockMap(writer, changes);
  await writer.commit();
  return written;
}

export async function digestsIn(store: BlockStore): Promise<Digest[]> {
  return (await Array.fromAsync(store.list())).map(({ digest }) => digest);
}
