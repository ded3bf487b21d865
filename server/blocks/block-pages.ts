/**
 * Lists page by page: the blocks of a block map, and those that two maps differ in. A page reads a
 * few leaves of the maps only, so it costs the same however large they are: it may have fewer
 * blocks than were asked for, or none, and yet another page after it.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { readBlockMap } from './block-map.ts';
import type { BlockReader, Digest } from './block-store.ts';
import { type BlockDifference, diffLeaf } from './diff-block-maps.ts';
import { blocksPerLeaf, leafDigest } from './map-pages.ts';

/** Leaves that are read for a page, of each map; those that are known to be of no interest aside. */
const leavesOfPage = 2;

export interface BlockRange {
  /** The first index. */
  start: number;
  /** How many blocks at most. */
  limit: number;
}

export interface BlockPage<Block> {
  blocks: Block[];
  /** Where the next page begins; absent when this is the last. */
  next?: number;
}

export interface ListedBlock {
  index: number;
  digest: Digest;
}

/** Those that are not zero. */
export async function blocksOfMap(
  reader: BlockReader,
  root: Digest,
  range: BlockRange,
): Promise<BlockPage<ListedBlock>> {
  const map = await readBlockMap(reader, root);
  return pageOf(map.leaves.length, range, async (leafIndex) => {
    if (!map.leaves[leafIndex]?.digest) return undefined;
    return digestsOf(await map.leaf(leafIndex), leafIndex * blocksPerLeaf);
  });
}

/** Those that differ; of two equal maps none. */
export async function changesBetween(
  reader: BlockReader,
  [before, after]: readonly [Digest, Digest],
  range: BlockRange,
): Promise<BlockPage<BlockDifference>> {
  if (before === after) return { blocks: [] };
  const [older, newer] = [await readBlockMap(reader, before), await readBlockMap(reader, after)];
  const leaves = Math.max(older.leaves.length, newer.leaves.length);
  return pageOf(leaves, range, async (leafIndex) => {
    const [was, is] = [older, newer].map((map) => map.leaves[leafIndex]?.digest ?? null);
    return was === is ? undefined : diffLeaf(older, newer, leafIndex);
  });
}

/** `read` answers undefined for a leaf that it need not read. */
async function pageOf<Block extends { index: number }>(
  leaves: number,
  { start, limit }: BlockRange,
  read: (leafIndex: number) => Promise<Iterable<Block> | undefined>,
): Promise<BlockPage<Block>> {
  const blocks: Block[] = [];
  let looks = 0;
  for (let leaf = Math.floor(start / blocksPerLeaf); leaf < leaves; leaf++) {
    const found = await read(leaf);
    if (!found) continue;
    for (const block of found) {
      if (block.index < start) continue;
      if (blocks.length === limit) return { blocks, next: block.index };
      blocks.push(block);
    }
    if (++looks === leavesOfPage) return { blocks, next: (leaf + 1) * blocksPerLeaf };
    await turn();
  }
  return { blocks };
}

function* digestsOf(page: Buffer, firstIndex: number): Generator<ListedBlock> {
  for (let i = 0; i < blocksPerLeaf; i++) {
    const digest = leafDigest(page, i);
    if (digest) yield { index: firstIndex + i, digest };
  }
}
