/**
 * Where the blocks of a guest's region are read from: as `run/block-store.json` says when the guest
 * is loaded, since a store may have moved between two starts of Imago.
 */
import type { BlockReader } from '../blocks/block-store.ts';
import type { BlockStoreDescription } from '../blocks/store-description.ts';

export interface RegionBlocksOptions {
  describe: () => Promise<BlockStoreDescription>;
  open: (folder: string) => BlockReader;
}

export class RegionBlocks {
  readonly #options: RegionBlocksOptions;
  readonly #readers = new Map<string, BlockReader>();

  constructor(options: RegionBlocksOptions) {
    this.#options = options;
  }

  async of(region: string): Promise<BlockReader> {
    const { describe, open } = this.#options;
    const { folder: shared, regions = {} } = await describe();
    const folder = regions[region] ?? shared;
    let reader = this.#readers.get(folder);
    if (!reader) {
      reader = open(folder);
      this.#readers.set(folder, reader);
    }
    return reader;
  }
}
