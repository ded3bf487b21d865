/** The block store in memory: for tests and for machines that are only simulated. Nothing outlives the process. */
import {
  BlockMissingError,
  type BlockStore,
  blockSizeBytes,
  type Digest,
  digestOf,
  type PutResult,
} from '../block-store.ts';

export class MemoryBlockStore implements BlockStore {
  readonly #blocks = new Map<Digest, Buffer>();

  async put(plain: Buffer): Promise<PutResult> {
    if (plain.length === 0 || plain.length > blockSizeBytes) {
      throw new RangeError(`a block cannot have ${plain.length} bytes`);
    }
    const digest = digestOf(plain);
    if (this.#blocks.has(digest)) return { digest, storedBytes: 0 };
    this.#blocks.set(digest, Buffer.from(plain));
    return { digest, storedBytes: plain.length };
  }

  async flush(): Promise<void> {}

  async get(digest: Digest): Promise<Buffer> {
    const block = this.#blocks.get(digest);
    if (!block) throw new BlockMissingError(digest);
    return Buffer.from(block);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#blocks.has(digest);
  }

  async *list(): AsyncIterable<Digest> {
    yield* [...this.#blocks.keys()];
  }

  async delete(digest: Digest): Promise<void> {
    this.#blocks.delete(digest);
  }
}
