/**
 * The block stores of regions: each region's blocks are in one, which it may share with others.
 * It knows of regions their names only.
 */
import type { BlockStore } from './block-store.ts';

export interface BlockStores {
  /** The store of a region; the same object for regions that share one. */
  of(region: string): BlockStore;
}

/** All regions share one. */
export function oneBlockStore(store: BlockStore): BlockStores {
  return { of: () => store };
}
