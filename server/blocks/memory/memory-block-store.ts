/**
 * The block store in memory: for tests and for machines that are only simulated. Nothing outlives
 * the process.
 */
import {
  BlockMissingError,
  type BlockStore,
  type BlockWriter,
  blockSizeBytes,
  checkBlockSize,
  type Digest,
  digestOf,
  type PutResult,
  type StoredBlock,
  WriterFailedError,
} from '../block-store.ts';
import type { BlockCollection, Round } from '../collection.ts';
import { TouchedBlocks } from '../touched-blocks.ts';

interface CondemnedRound extends Round {
  blocks: Map<Digest, Buffer>;
}

export class MemoryBlockStore implements BlockStore {
  readonly #blocks = new Map<Digest, Buffer>();
  /** Put, and not committed by any writer. */
  readonly #uncommitted = new Map<Digest, { plain: Buffer; writers: number }>();
  readonly #touched = new TouchedBlocks();
  readonly #rounds = new Map<number, CondemnedRound>();
  readonly #notes = new Map<string, Buffer>();
  #lastRound = 0;

  begin(): BlockWriter {
    return new MemoryBlockWriter(this);
  }

  async get(digest: Digest): Promise<Buffer> {
    this.#restore(digest);
    const block = this.#blocks.get(digest) ?? this.#uncommitted.get(digest)?.plain;
    if (!block) throw new BlockMissingError(digest);
    return Buffer.from(block);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.isInPlace(digest) || this.#roundOf(digest) !== undefined;
  }

  /** And not condemned. */
  isInPlace(digest: Digest): boolean {
    return this.#blocks.has(digest) || this.#uncommitted.has(digest);
  }

  async *list(firstByte?: number): AsyncIterable<StoredBlock> {
    for (const [digest, { length }] of [...this.#blocks]) {
      if (firstByte !== undefined && Number.parseInt(digest.slice(0, 2), 16) !== firstByte)
        continue;
      yield { digest, storedBytes: length };
    }
  }

  async readNote(name: string): Promise<Buffer | undefined> {
    return this.#notes.get(name);
  }

  async writeNote(name: string, bytes: Buffer): Promise<void> {
    this.#notes.set(name, Buffer.from(bytes));
  }

  /** Every block is whole. */
  async *bases() {}

  async lockedUntil(): Promise<undefined> {}

  async collect(): Promise<BlockCollection> {
    this.#touched.beginCollection();
    return {
      rounds: async () => [...this.#rounds.values()].map(({ id, note }) => ({ id, note })),
      condemned: (round) => listOf(this.#rounds.get(round)?.blocks),
      beginRound: async (note) => {
        const round = { id: ++this.#lastRound, note, blocks: new Map() };
        this.#rounds.set(round.id, round);
        return { id: round.id, note };
      },
      condemn: async (round, digest) => this.#condemn(round, digest),
      pardon: async (digest) => this.#restore(digest),
      destroy: async (round, digest) => {
        if (this.#touched.isTouched(digest)) this.#restore(digest);
        return this.#rounds.get(round)?.blocks.delete(digest) === true;
      },
      endRound: async (round) => {
        if (this.#rounds.get(round)?.blocks.size === 0) this.#rounds.delete(round);
      },
      [Symbol.asyncDispose]: async () => this.#touched.endCollection(),
    };
  }

  async close(): Promise<void> {}

  /** As if the medium had lost it: for tests. */
  lose(digest: Digest): void {
    this.#blocks.delete(digest);
  }

  /** For the writer: how many bytes are new. */
  put(digest: Digest, plain: Buffer, again: boolean): number {
    if (!again) this.#touched.hold(digest);
    this.#restore(digest);
    if (this.#blocks.has(digest)) return 0;
    const waiting = this.#uncommitted.get(digest);
    if (!waiting) {
      this.#uncommitted.set(digest, { plain: Buffer.from(plain), writers: 1 });
      return plain.length;
    }
    if (!again) waiting.writers++;
    return 0;
  }

  commit(digests: Iterable<Digest>): void {
    for (const digest of digests) {
      const waiting = this.#uncommitted.get(digest);
      if (waiting) this.#blocks.set(digest, waiting.plain);
      this.#uncommitted.delete(digest);
    }
  }

  end(digests: ReadonlySet<Digest>): void {
    for (const digest of digests) {
      const waiting = this.#uncommitted.get(digest);
      if (waiting && --waiting.writers === 0) this.#uncommitted.delete(digest);
    }
    this.#touched.release(digests);
  }

  #condemn(round: number, digest: Digest): boolean {
    const block = this.#blocks.get(digest);
    const blocks = this.#rounds.get(round)?.blocks;
    if (!block || !blocks || this.#touched.isTouched(digest)) return false;
    blocks.set(digest, block);
    this.#blocks.delete(digest);
    return true;
  }

  #restore(digest: Digest): void {
    const blocks = this.#roundOf(digest);
    const block = blocks?.get(digest);
    if (!block) return;
    this.#blocks.set(digest, block);
    blocks?.delete(digest);
  }

  #roundOf(digest: Digest): Map<Digest, Buffer> | undefined {
    return [...this.#rounds.values()].find(({ blocks }) => blocks.has(digest))?.blocks;
  }
}

class MemoryBlockWriter implements BlockWriter {
  readonly #store: MemoryBlockStore;
  readonly #put = new Set<Digest>();
  #ended = false;

  constructor(store: MemoryBlockStore) {
    this.#store = store;
  }

  async put(plain: Buffer): Promise<PutResult> {
    checkBlockSize(plain);
    if (this.#ended) throw new WriterFailedError();
    const digest = digestOf(plain);
    const storedBytes = this.#store.put(digest, plain, this.#put.has(digest));
    this.#put.add(digest);
    return { digest, storedBytes };
  }

  room(): Buffer {
    return Buffer.allocUnsafeSlow(blockSizeBytes);
  }

  async commit(): Promise<void> {
    if (this.#ended) throw new WriterFailedError();
    this.#store.commit(this.#put);
  }

  async abort(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#store.end(this.#put);
  }

  get(digest: Digest): Promise<Buffer> {
    return this.#store.get(digest);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#store.isInPlace(digest);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }
}

async function* listOf(blocks: ReadonlyMap<Digest, Buffer> = new Map()) {
  for (const [digest, { length }] of [...blocks]) yield { digest, storedBytes: length };
}
