/**
 * Reads the blocks of a map, some of them at a time, whether they are what they are named after:
 * what is sealed is read as it is stored, so no key is needed. That all blocks of a store are whole
 * is the scrubber's part; this is for who wants to know it of one map, now.
 */

import { readBlockMap } from '../blocks/block-map.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockStore,
  type Digest,
} from '../blocks/block-store.ts';
import { blocksPerLeaf, leafDigest, MalformedMapError } from '../blocks/map-pages.ts';
import { inOrder } from '../foundations/in-order.ts';

const readsAtOnce = 4;

export interface DamagedBlock {
  digest: Digest;
  /** Where in the volume it is, in blocks; absent of a page of the map. */
  index?: number;
  problem: string;
}

export interface VerifiedBlocks {
  /** Pages of the map are none of them. */
  read: number;
  damaged: DamagedBlock[];
  /** From where on to go on; absent at the end. */
  next?: number;
}

/** Of the map, from this index on, at most so many. */
export async function verifyBlocks(
  store: BlockStore,
  root: Digest,
  { from, most }: { from: number; most: number },
): Promise<VerifiedBlocks> {
  const damaged: DamagedBlock[] = [];
  const map = await unlessDamaged(damaged, root, () => readBlockMap(store, root));
  if (!map) return { read: 0, damaged };
  let read = 0;
  let next: number | undefined;
  const verify = async ({ index, digest }: { index: number; digest: Digest }) => {
    const block = await unlessDamaged(damaged, digest, () => store.get(digest), index);
    if (block) store.reuse?.(block);
  };
  const asked = async function* () {
    for (let leaf = Math.floor(from / blocksPerLeaf); leaf < map.leaves.length; leaf++) {
      const { digest: pageDigest } = map.leaves[leaf] ?? {};
      const page = pageDigest && (await unlessDamaged(damaged, pageDigest, () => map.leaf(leaf)));
      if (!page) continue;
      for (let at = 0; at < blocksPerLeaf; at++) {
        const index = leaf * blocksPerLeaf + at;
        const digest = index >= from && leafDigest(page, at);
        if (!digest) continue;
        if (read === most) {
          next = index;
          return;
        }
        read++;
        yield { index, digest };
      }
    }
  };
  for await (const _ of inOrder(asked(), readsAtOnce, verify));
  return { read, damaged, ...(next !== undefined && { next }) };
}

/** How many there are to be read; 0 where the map itself is damaged. */
export async function countBlocks(store: BlockStore, root: Digest): Promise<number> {
  const map = await unlessDamaged([], root, () => readBlockMap(store, root));
  return map?.leaves.reduce((sum, { blocks }) => sum + blocks, 0) ?? 0;
}

async function unlessDamaged<T>(
  damaged: DamagedBlock[],
  digest: Digest,
  work: () => Promise<T>,
  index?: number,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!isDamage(error)) throw error;
    damaged.push({ digest, ...(index !== undefined && { index }), problem: error.message });
    return undefined;
  }
}

/** Of blocks or of their map, and not of what reads them. */
export function isDamage(
  error: unknown,
): error is BlockCorruptError | BlockMissingError | MalformedMapError {
  return (
    error instanceof BlockCorruptError ||
    error instanceof BlockMissingError ||
    error instanceof MalformedMapError
  );
}
