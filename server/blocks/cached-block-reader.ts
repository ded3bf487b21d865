/**
 * A block reader with a memory: plain blocks that were read last, up to a number of bytes, shared
 * by all who read through it, or through another over a source of its own. Readers of the same
 * block at the same time cause one load. The buffers are shared: nobody may change them. It
 * verifies nothing itself (the source does, once per load) and caches no failure: a healed block is
 * found at once.
 */
import { type BlockReader, blockSizeBytes, type Digest } from './block-store.ts';
import type { SealKey } from './sealed-block.ts';
import { SealedBlockReader, type Sealing } from './sealed-blocks.ts';

export interface CachedBlockReaderOptions {
  capacityBytes: number;
}

export interface SharedMemory {
  memory: BlockMemory;
  /** Of blocks that were opened: their key's, so that nobody without it finds them. */
  space?: string;
}

/** What a disk reads through: parts of whole blocks of a volume, from `from` on. */
export interface PartReader extends Pick<BlockReader, 'get'> {
  /** The way without a promise: false where the block is not in memory. */
  copyNow(digest: Digest, from: number, target: Uint8Array): boolean;
  /** Has it read where it is not in memory; of no bytes, it does nothing else. */
  copy(digest: Digest, from: number, target: Uint8Array): Promise<void>;
}

export function checkVolumeBlock(digest: Digest, length: number): void {
  if (length === blockSizeBytes) return;
  throw new Error(`block ${digest} has ${length} bytes and cannot be one of a volume`);
}

/** What has the same name has the same bytes, wherever it was read. */
export class BlockMemory {
  readonly #capacityBytes: number;
  /** In order of use, oldest first. */
  readonly #blocks = new Map<Digest, Buffer>();
  #bytes = 0;

  constructor(capacityBytes: number) {
    if (capacityBytes < blockSizeBytes) {
      throw new RangeError(`a cache of ${capacityBytes} bytes cannot hold one block`);
    }
    this.#capacityBytes = capacityBytes;
  }

  has(digest: Digest): boolean {
    return this.#blocks.has(digest);
  }

  peek(digest: Digest): Buffer | undefined {
    const block = this.#blocks.get(digest);
    if (block) {
      this.#blocks.delete(digest);
      this.#blocks.set(digest, block);
    }
    return block;
  }

  keep(digest: Digest, block: Buffer): void {
    // Two readers may have loaded it at the same time.
    this.#bytes += block.length - (this.#blocks.get(digest)?.length ?? 0);
    this.#blocks.set(digest, block);
    for (const [oldest, bytes] of this.#blocks) {
      if (this.#bytes <= this.#capacityBytes) break;
      this.#blocks.delete(oldest);
      this.#bytes -= bytes.length;
    }
  }
}

export class CachedBlockReader implements PartReader {
  readonly #source: BlockReader;
  readonly #memory: BlockMemory;
  readonly #space: string;
  readonly #loads = new Map<Digest, Promise<Buffer>>();

  constructor(source: BlockReader, options: CachedBlockReaderOptions | SharedMemory) {
    this.#source = source;
    this.#space = ('space' in options && options.space) || '';
    this.#memory = 'memory' in options ? options.memory : new BlockMemory(options.capacityBytes);
  }

  /** The block if it is in memory: the way without a promise. */
  peek(digest: Digest): Buffer | undefined {
    return this.#memory.peek(this.#space + digest);
  }

  async get(digest: Digest): Promise<Buffer> {
    return this.peek(digest) ?? this.#loads.get(digest) ?? this.#load(digest);
  }

  copyNow(digest: Digest, from: number, target: Uint8Array): boolean {
    const block = this.peek(digest);
    if (block?.length !== blockSizeBytes) return false;
    block.copy(target, 0, from, from + target.length);
    return true;
  }

  async copy(digest: Digest, from: number, target: Uint8Array): Promise<void> {
    const block = await this.get(digest);
    checkVolumeBlock(digest, block.length);
    block.copy(target, 0, from, from + target.length);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#memory.has(this.#space + digest) || this.#source.has(digest);
  }

  /** The same blocks, opened with a key; what is opened has a place of its own in the memory. */
  opened(key: SealKey, sealing?: Sealing): CachedBlockReader {
    const source = new SealedBlockReader(this.#source, key, sealing);
    return new CachedBlockReader(source, { memory: this.#memory, space: key.id });
  }

  #load(digest: Digest): Promise<Buffer> {
    const load = this.#source
      .get(digest)
      .then((block) => {
        this.#memory.keep(this.#space + digest, block);
        return block;
      })
      .finally(() => this.#loads.delete(digest));
    this.#loads.set(digest, load);
    return load;
  }
}
