/**
 * A block reader with a memory: plain blocks that were read last, up to a number of bytes, shared
 * by all who read through it. Readers of the same block at the same time cause one load. The
 * buffers are shared: nobody may change them. It verifies nothing itself (the source does, once per
 * load) and caches no failure: a healed block is found at once.
 */
import { type BlockReader, blockSizeBytes, type Digest } from './block-store.ts';

export interface CachedBlockReaderOptions {
  capacityBytes: number;
}

/** What a disk reads through. */
export interface PeekingBlockReader extends BlockReader {
  /** The block if it is in memory: the way without a promise. */
  peek(digest: Digest): Buffer | undefined;
}

export class CachedBlockReader implements PeekingBlockReader {
  readonly #source: BlockReader;
  readonly #capacityBytes: number;
  /** In order of use, oldest first. */
  readonly #blocks = new Map<Digest, Buffer>();
  readonly #loads = new Map<Digest, Promise<Buffer>>();
  #cachedBytes = 0;

  constructor(source: BlockReader, { capacityBytes }: CachedBlockReaderOptions) {
    if (capacityBytes < blockSizeBytes) {
      throw new RangeError(`a cache of ${capacityBytes} bytes cannot hold one block`);
    }
    this.#source = source;
    this.#capacityBytes = capacityBytes;
  }

  /** The block if it is in memory: the way without a promise. */
  peek(digest: Digest): Buffer | undefined {
    const block = this.#blocks.get(digest);
    if (block) {
      this.#blocks.delete(digest);
      this.#blocks.set(digest, block);
    }
    return block;
  }

  async get(digest: Digest): Promise<Buffer> {
    return this.peek(digest) ?? this.#loads.get(digest) ?? this.#load(digest);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#blocks.has(digest) || this.#source.has(digest);
  }

  #load(digest: Digest): Promise<Buffer> {
    const load = this.#source
      .get(digest)
      .then((block) => {
        this.#keep(digest, block);
        return block;
      })
      .finally(() => this.#loads.delete(digest));
    this.#loads.set(digest, load);
    return load;
  }

  #keep(digest: Digest, block: Buffer): void {
    this.#blocks.set(digest, block);
    this.#cachedBytes += block.length;
    for (const [oldest, bytes] of this.#blocks) {
      if (this.#cachedBytes <= this.#capacityBytes) break;
      this.#blocks.delete(oldest);
      this.#cachedBytes -= bytes.length;
    }
  }
}
