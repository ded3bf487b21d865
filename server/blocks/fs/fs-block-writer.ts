/**
 * A writer of the block store in a folder: which blocks it relies on, and what makes them durable.
 */
import {
  type BlockWriter,
  checkBlockSize,
  type Digest,
  type PutOptions,
  type PutResult,
  WriterFailedError,
} from '../block-store.ts';
import type { TouchedBlocks } from '../touched-blocks.ts';
import type { BlockFolder } from './block-folder.ts';
import { shardOf } from './block-places.ts';
import type { BlockWork, NewFile, WrittenBlock } from './block-work.ts';
import type { CondemnedBlocks } from './condemned-blocks.ts';
import type { DamagedBlocks } from './damaged-blocks.ts';
import type { FolderSyncs } from './folder-syncs.ts';
import type { FsBlockStore } from './fs-block-store.ts';
import type { IncomingBlock, IncomingBlocks } from './incoming-blocks.ts';

/** Blocks whose bytes are synced while others are put: as one, so that they share the journal. */
const blocksPerSync = 32;

export interface FsBlockWriterOptions {
  store: FsBlockStore;
  folder: BlockFolder;
  incoming: IncomingBlocks;
  touched: TouchedBlocks;
  syncs: FolderSyncs;
  work: BlockWork;
  condemned: CondemnedBlocks;
  damaged: DamagedBlocks;
}

export class FsBlockWriter implements BlockWriter {
  readonly #options: FsBlockWriterOptions;
  readonly #held = new Set<Digest>();
  /** Not named yet, as far as this writer knows. */
  readonly #unnamed = new Set<IncomingBlock>();
  /** Of those, whose bytes nobody has begun to sync. */
  #unsynced: IncomingBlock[] = [];
  /** Folders of all its blocks: those of blocks that were found there, too. */
  readonly #shards = new Set<string>();
  readonly #puts = new Set<Promise<unknown>>();
  #failure: Error | undefined;

  readonly putFrom: BlockWriter['putFrom'];

  constructor(options: FsBlockWriterOptions) {
    this.#options = options;
    const { work } = options;
    if (!work.writeFrom) return;
    this.putFrom = (place, { replaces } = {}) =>
      this.#counted(this.#put((file) => work.writeFrom?.({ ...file, replaces, place })));
  }

  async put(plain: Buffer, { given, replaces }: PutOptions = {}): Promise<PutResult> {
    checkBlockSize(plain);
    const { work } = this.#options;
    const put = this.#put((file) => work.write({ ...file, replaces, plain, given }));
    return (await this.#counted(put)) as PutResult;
  }

  async commit(): Promise<void> {
    this.#check();
    const { folder, incoming, syncs } = this.#options;
    await Promise.allSettled(this.#puts);
    const blocks = [...this.#unnamed];
    try {
      this.#unsynced = [];
      await allOf(blocks.map((block) => incoming.name(block)));
      await allOf([...this.#shards].map((shard) => syncs.sync(folder.shard(shard))));
    } catch (error) {
      this.#failure = new WriterFailedError({ cause: error });
      throw error;
    }
    for (const block of blocks) this.#unnamed.delete(block);
  }

  async abort(): Promise<void> {
    if (this.#failure instanceof WriterEndedError) return;
    this.#failure = new WriterEndedError();
    await Promise.allSettled(this.#puts);
    for (const block of this.#unnamed) await this.#options.incoming.leave(block, this);
    this.#options.touched.release(this.#held);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.abort();
  }

  room(): Buffer {
    return this.#options.work.room();
  }

  get(digest: Digest): Promise<Buffer> {
    return this.#options.store.get(digest);
  }

  async has(digest: Digest): Promise<boolean> {
    const { damaged, incoming, store } = this.#options;
    return damaged.has(digest) ? incoming.fileOf(digest) !== undefined : store.isInPlace(digest);
  }

  #counted<T>(put: Promise<T>): Promise<T> {
    const counted = put.finally(() => this.#puts.delete(counted));
    this.#puts.add(counted);
    return counted;
  }

  async #put(
    write: (file: NewFile) => Promise<WrittenBlock | undefined> | undefined,
  ): Promise<PutResult | undefined> {
    this.#check();
    const { folder, incoming, touched, condemned, damaged } = this.#options;
    const file = incoming.newFile();
    const sinceMove = condemned.moves;
    const order = { file, folder: folder.path, damaged: damaged.list(), owner: folder.owner };
    const work = Promise.resolve(write(order)).catch((error) => incoming.fail(file, error));
    const written = await touched.identify(work, {
      sinceMove,
      hold: (block) => {
        if (block) this.#hold(block.digest);
        if (block?.base) this.#hold(block.base);
      },
    });
    if (!written) return undefined;
    const { digest } = written;
    const put = await incoming.take(written, { file, sinceMove, user: this });
    if (put.incoming) this.#rely(put.incoming);
    this.#shards.add(shardOf(digest));
    return { digest, storedBytes: put.storedBytes };
  }

  #rely(block: IncomingBlock): void {
    this.#unnamed.add(block);
    this.#unsynced.push(block);
    if (this.#unsynced.length < blocksPerSync) return;
    for (const each of this.#unsynced.splice(0)) this.#options.incoming.sync(each);
  }

  #hold(digest: Digest): void {
    if (this.#held.has(digest)) return;
    this.#held.add(digest);
    this.#options.touched.hold(digest);
  }

  #check(): void {
    if (this.#failure) throw this.#failure;
  }
}

class WriterEndedError extends WriterFailedError {}

/** All end before a failure is told: nothing goes on behind the caller's back. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(work);
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
