/**
 * What differs between two block maps: the indexes whose blocks differ, with both digests. Reads
 * the two roots, and of the leaves only those that differ, so it costs what the changes cost.
 */
import { type BlockMap, readBlockMap } from './block-map.ts';
import { type BlockReader, type Digest, zeroBlock } from './block-store.ts';
import { blocksPerLeaf, differingEntries, leafDigest } from './map-pages.ts';

export interface BlockDifference {
  index: number;
  /** null: the zero block, also where the volume was smaller. */
  before: Digest | null;
  after: Digest | null;
}

/** By ascending index. Both maps stay in the store meanwhile: that is the caller's to see to. */
export async function* diffBlockMaps(
  reader: BlockReader,
  before: Digest,
  after: Digest,
): AsyncGenerator<BlockDifference> {
  if (before === after) return;
  const [older, newer] = [await readBlockMap(reader, before), await readBlockMap(reader, after)];
  const leaves = Math.max(older.leaves.length, newer.leaves.length);
  for (let leafIndex = 0; leafIndex < leaves; leafIndex++) {
    yield* await diffLeaf(older, newer, leafIndex);
  }
}

/** Of one leaf of both, without reading it where it is the same. */
export async function diffLeaf(
  older: BlockMap,
  newer: BlockMap,
  leafIndex: number,
): Promise<Iterable<BlockDifference>> {
  const [was, is] = [older, newer].map(({ leaves }) => leaves[leafIndex]?.digest ?? null);
  if (was === is) return [];
  const wasPage = was ? await older.leaf(leafIndex) : zeroBlock;
  const isPage = is ? await newer.leaf(leafIndex) : zeroBlock;
  return diffPages(wasPage, isPage, leafIndex * blocksPerLeaf);
}

function* diffPages(was: Buffer, is: Buffer, firstIndex: number): Generator<BlockDifference> {
  for (const i of differingEntries(was, is)) {
    yield { index: firstIndex + i, before: leafDigest(was, i), after: leafDigest(is, i) };
  }
}
