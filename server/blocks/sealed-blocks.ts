/**
 * Readers and writers of a store's blocks with a key: what is put is sealed first, what is got is
 * opened. Pages of block maps are not for them: they name sealed blocks and stay plain, so that
 * collection, fsck, copies and comparing need no key.
 */
import {
  type BlockReader,
  type BlockStore,
  type BlockWriter,
  blockSizeBytes,
  type Digest,
  type PutOptions,
  type PutResult,
} from './block-store.ts';
import { openBlock, type SealKey, sealBlock } from './sealed-block.ts';

export interface SealOptions {
  /** Nobody else may look at the bytes, or change them. */
  given?: boolean;
  /** Of the plain bytes, as somebody has it. */
  digest?: Digest;
}

/** The processor's part: at once, as here, or in threads (seal-threads.ts). */
export interface Sealing {
  /**
   * The bytes are the caller's again when the call returns, unless they are given. Throws
   * WrongDigestError.
   */
  seal(plain: Buffer, key: SealKey, options?: SealOptions): Promise<Buffer>;
  /** As that of a writer. */
  room(): Buffer;
  /**
   * Throws WrongSealError or BlockCorruptError. The bytes may be taken away; what was in them may be
   * put into `room`.
   */
  open(digest: Digest, sealed: Buffer, key: SealKey, room?: Buffer): Promise<Buffer>;
  close(): Promise<void>;
}

export const inlineSealing: Sealing = {
  seal: async (plain, key, { digest } = {}) => sealBlock(plain, key, digest),
  room: () => Buffer.allocUnsafeSlow(blockSizeBytes),
  open: async (digest, sealed, key) => openBlock(digest, sealed, key),
  close: async () => {},
};

export class SealedBlockReader implements BlockReader {
  readonly #blocks: BlockReader;
  readonly #key: SealKey;
  readonly #sealing: Sealing;

  constructor(blocks: BlockReader, key: SealKey, sealing: Sealing = inlineSealing) {
    this.#blocks = blocks;
    this.#key = key;
    this.#sealing = sealing;
  }

  async get(digest: Digest, room?: Buffer): Promise<Buffer> {
    return this.#sealing.open(digest, await this.#blocks.get(digest), this.#key, room);
  }

  has(digest: Digest): Promise<boolean> {
    return this.#blocks.has(digest);
  }
}

/** What it commits and gives up is all that its writer was given. */
export class SealedBlockWriter extends SealedBlockReader implements BlockWriter {
  readonly #writer: BlockWriter;
  readonly #key: SealKey;
  readonly #sealing: Sealing;

  constructor(writer: BlockWriter, key: SealKey, sealing: Sealing = inlineSealing) {
    super(writer, key, sealing);
    this.#writer = writer;
    this.#key = key;
    this.#sealing = sealing;
  }

  async put(plain: Buffer, { given }: PutOptions = {}): Promise<PutResult> {
    if (plain.length === 0 || plain.length > blockSizeBytes) {
      throw new RangeError(`a block cannot have ${plain.length} bytes`);
    }
    const sealed = await this.#sealing.seal(plain, this.#key, { given });
    return this.#writer.put(sealed, { given: true });
  }

  room(): Buffer {
    return this.#sealing.room();
  }

  commit(): Promise<void> {
    return this.#writer.commit();
  }

  abort(): Promise<void> {
    return this.#writer.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}

/** A store as whoever has the key sees it. */
export function sealedStore(store: BlockStore, key: SealKey, sealing?: Sealing): BlockStore {
  const reader = new SealedBlockReader(store, key, sealing);
  return {
    get: (digest) => reader.get(digest),
    has: (digest) => reader.has(digest),
    begin: () => new SealedBlockWriter(store.begin(), key, sealing),
    list: (first) => store.list(first),
    bases: () => store.bases(),
    readNote: (...asked) => store.readNote(...asked),
    writeNote: (...asked) => store.writeNote(...asked),
    lockedUntil: () => store.lockedUntil(),
    collect: () => store.collect(),
    close: () => store.close(),
  };
}
