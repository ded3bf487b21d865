/**
 * The block stores of regions: each region's blocks are in one, its own or one that it shares with
 * others. It knows of regions their names only.
 */
import type { BlockStore } from './block-store.ts';

export interface BlockStores {
  /**
   * The store of a region; the same object for regions that share one. Throws StoreAbsentError.
   */
  of(region: string): BlockStore;
  /** Each once, without those that are not here. */
  list(): readonly PlacedStore[];
}

export interface PlacedStore {
  store: BlockStore;
  /** Whether the blocks of this region are in it. */
  holds(region: string): boolean;
}

/** The region has a store of its own, which is not here. */
export class StoreAbsentError extends Error {
  override name = 'StoreAbsentError';
  constructor(region: string) {
    super(`the blocks of the region ${region} are not here`);
  }
}

/** All regions share one. */
export function oneBlockStore(store: BlockStore): BlockStores {
  return { of: () => store, list: () => [{ store, holds: () => true }] };
}

export interface OwnStore {
  regions: readonly string[];
  /** Undefined: it is not here. */
  store: BlockStore | undefined;
}

/** Some regions have stores of their own, all others share one. */
export function blockStores(shared: BlockStore, own: readonly OwnStore[]): BlockStores {
  const owner = (region: string) => own.find(({ regions }) => regions.includes(region));
  return {
    of(region) {
      const owned = owner(region);
      if (!owned) return shared;
      if (!owned.store) throw new StoreAbsentError(region);
      return owned.store;
    },
    list: () => [
      { store: shared, holds: (region) => !owner(region) },
      ...own.flatMap(({ store, regions }) =>
        store ? [{ store, holds: (region: string) => regions.includes(region) }] : [],
      ),
    ],
  };
}
