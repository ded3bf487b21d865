/**
 * Reads blocks out of the memory that threads share, in any of them. Where a block is, it asks when
 * it has not been told, or when the block has left that place meanwhile.
 */
import type { Digest } from './block-store.ts';
import { checkVolumeBlock, type PartReader } from './cached-block-reader.ts';
import type { Place, SharedBlocks } from './shared-blocks.ts';

/** Asks the thread that knows; the block is in memory when it resolves. */
export type FindBlock = (digest: Digest) => Promise<Place>;

/** What the readers of a thread know together. */
export class KnownBlocks {
  readonly places = new Map<Digest, Place>();
  /** Pages of maps, for as long as anybody has them: guests of one image have the same. */
  readonly pages = new Map<Digest, WeakRef<Buffer>>();
}

export class SharedBlockReader implements PartReader {
  readonly #blocks: SharedBlocks;
  readonly #known: KnownBlocks;
  readonly #find: FindBlock;

  constructor(blocks: SharedBlocks, known: KnownBlocks, find: FindBlock) {
    this.#blocks = blocks;
    this.#known = known;
    this.#find = find;
  }

  copyNow(digest: Digest, from: number, target: Uint8Array): boolean {
    const place = this.#known.places.get(digest);
    return place !== undefined && this.#copyVolumeBlock(digest, place, from, target);
  }

  async copy(digest: Digest, from: number, target: Uint8Array): Promise<void> {
    if (this.copyNow(digest, from, target)) return;
    // Again where it was found, and had gone by the time that this thread heard of it.
    while (!this.#copyVolumeBlock(digest, await this.#ask(digest), from, target));
  }

  /** Whole, of any length: nobody may change it. */
  async get(digest: Digest): Promise<Buffer> {
    const { places, pages } = this.#known;
    let place = places.get(digest);
    for (;;) {
      place ??= await this.#ask(digest);
      const known = pages.get(digest)?.deref();
      if (known) return known;
      const page = Buffer.allocUnsafeSlow(place.length);
      if (this.#blocks.copyNow(place, 0, page)) {
        this.#keep(digest, page);
        return page;
      }
      place = undefined;
    }
  }

  #keep(digest: Digest, page: Buffer): void {
    const { pages } = this.#known;
    for (const [each, ref] of pages) if (!ref.deref()) pages.delete(each);
    pages.set(digest, new WeakRef(page));
  }

  #copyVolumeBlock(digest: Digest, place: Place, from: number, target: Uint8Array): boolean {
    checkVolumeBlock(digest, place.length);
    return this.#blocks.copyNow(place, from, target);
  }

  async #ask(digest: Digest): Promise<Place> {
    const place = await this.#find(digest);
    // Most are of blocks that have left.
    const { places } = this.#known;
    if (places.size > 2 * this.#blocks.slots) places.clear();
    places.set(digest, place);
    return place;
  }
}
