/**
 * One draft: blocks that are put, many at a time, each durable when its put resolves. What is put
 * while a group of puts is made durable is the next group, so that many writers share the syncs:
 *
 *   put -> hashed, compressed, written (by the group's own writer)
 *       -> the group: blocks committed -> still wanted? -> on record in the journal -> resolved
 *
 * A group that fails fails all of its puts, and no other.
 */
import type { BlockMap } from '../blocks/block-map.ts';
import {
  type BlockStore,
  type BlockWriter,
  type Digest,
  digestOf,
  WrongDigestError,
  zeroBlock,
} from '../blocks/block-store.ts';
import { discard } from '../foundations/room.ts';
import type { DraftJournal, PutRecord } from './draft-journal.ts';
import type { DraftSeal } from './draft-seal.ts';
import { WrittenBlocks } from './written-blocks.ts';

export interface DraftOptions {
  store: BlockStore;
  journal: DraftJournal;
  /** What is put over. */
  base?: BlockMap;
  /** What blocks are sealed by; without it they are plain. */
  seal?: DraftSeal;
  /** Throws where nothing may be put any more; asked once a group. */
  checkWanted: (written: number) => Promise<void>;
}

interface Group {
  writer: BlockWriter;
  puts: Promise<PutRecord>[];
  end: PromiseWithResolvers<void>;
}

export class DraftClosedError extends Error {
  override name = 'DraftClosedError';
}

export const zeroDigest = digestOf(zeroBlock);

export class Draft implements AsyncDisposable {
  readonly journal: DraftJournal;
  readonly written = new WrittenBlocks();
  readonly seal: DraftSeal | undefined;
  readonly #store: BlockStore;
  /** That it gave: nobody else looks at them. */
  readonly #rooms = new WeakSet<Buffer>();
  readonly #base: BlockMap | undefined;
  readonly #checkWanted: DraftOptions['checkWanted'];
  #next: Group | undefined;
  #running: Promise<void> | undefined;
  #closed = false;

  private constructor({ store, journal, base, seal, checkWanted }: DraftOptions) {
    this.#store = store;
    this.seal = seal;
    this.#base = base;
    this.journal = journal;
    this.#checkWanted = checkWanted;
  }

  static async open(options: DraftOptions): Promise<Draft> {
    const draft = new Draft(options);
    for await (const records of options.journal.records()) {
      for (let i = 0; i < records.count; i++) draft.written.add(records.indexOf(i));
    }
    return draft;
  }

  /** For a block that is to be put: see BlockWriter. */
  room(): Buffer {
    const room = this.seal ? this.seal.room() : this.#group().writer.room();
    this.#rooms.add(room);
    return room;
  }

  /** Of a whole block, whose digest the caller has been told; its bytes are given away. */
  async put(index: number, plain: Buffer, digest: Digest): Promise<void> {
    if (this.#closed) throw new DraftClosedError();
    const group = this.#group();
    const put = this.#put(group.writer, index, plain, digest);
    group.puts.push(put);
    this.#running ??= this.#run();
    await put;
    await group.end.promise;
  }

  /** No put begins any more, and those that have begun are over when it resolves. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  reopen(): void {
    this.#closed = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    await this.#next?.writer.abort();
    await this.journal[Symbol.asyncDispose]();
  }

  /** The next one. */
  #group(): Group {
    this.#next ??= { writer: this.#store.begin(), puts: [], end: Promise.withResolvers() };
    return this.#next;
  }

  async #put(
    writer: BlockWriter,
    index: number,
    plain: Buffer,
    digest: Digest,
  ): Promise<PutRecord> {
    if (plain.equals(zeroBlock)) {
      if (this.#rooms.has(plain)) discard(plain);
      if (digest !== zeroDigest) throw new WrongDigestError();
      return { index, digest: null };
    }
    if (this.seal) return this.#putSealed(this.seal, writer, { index, plain, digest });
    const replaces = (await this.#replacedBy(index)) ?? undefined;
    const put = await writer.put(plain, { given: true, replaces });
    if (put.digest !== digest) throw new WrongDigestError();
    return { index, digest };
  }

  async #putSealed(
    seal: DraftSeal,
    writer: BlockWriter,
    { index, plain, digest }: { index: number; plain: Buffer; digest: Digest },
  ): Promise<PutRecord> {
    const sealed = await seal.seal(plain, digest);
    const put = await writer.put(sealed, { given: true });
    return { index, digest: put.digest, checksum: seal.checksumOf(digest) };
  }

  async #replacedBy(index: number): Promise<Digest | null | undefined> {
    return index < (this.#base?.blockCount ?? 0) ? this.#base?.lookup(index) : undefined;
  }

  async #run(): Promise<void> {
    for (let group = this.#next; group?.puts.length; group = this.#next) {
      // What else comes in this turn is of the same group.
      await undefined;
      this.#next = undefined;
      await this.#finish(group);
    }
    this.#running = undefined;
  }

  async #finish({ writer, puts, end }: Group): Promise<void> {
    // Those whose own put failed are told that, and do not wait for the end.
    end.promise.catch(() => {});
    try {
      const ends = await Promise.allSettled(puts);
      const records = ends.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
      if (records.length > 0) await this.#record(writer, records);
      end.resolve();
    } catch (error) {
      end.reject(error);
    } finally {
      await writer.abort();
    }
  }

  async #record(writer: BlockWriter, records: readonly PutRecord[]): Promise<void> {
    await writer.commit();
    await this.#checkWanted(this.written.count);
    await this.journal.append(records);
    for (const { index } of records) this.written.add(index);
  }
}
