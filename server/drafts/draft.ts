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
  zeroBlock,
} from '../blocks/block-store.ts';
import { type DraftJournal, indexOfRecord, type PutRecord, recordBytes } from './draft-journal.ts';
import { WrittenBlocks } from './written-blocks.ts';

export interface DraftOptions {
  store: BlockStore;
  journal: DraftJournal;
  /** What is put over. */
  base?: BlockMap;
  /** Throws where nothing may be put any more; asked once a group. */
  checkWanted: (written: number) => Promise<void>;
}

interface Group {
  writer: BlockWriter;
  puts: Promise<PutRecord>[];
  end: PromiseWithResolvers<void>;
}

/** The bytes of a put are others than was said. */
export class WrongDigestError extends Error {
  override name = 'WrongDigestError';
}

export class DraftSealedError extends Error {
  override name = 'DraftSealedError';
}

export const zeroDigest = digestOf(zeroBlock);

export class Draft implements AsyncDisposable {
  readonly journal: DraftJournal;
  readonly written = new WrittenBlocks();
  readonly #store: BlockStore;
  readonly #base: BlockMap | undefined;
  readonly #checkWanted: DraftOptions['checkWanted'];
  #next: Group | undefined;
  #running: Promise<void> | undefined;
  #sealed = false;

  private constructor({ store, journal, base, checkWanted }: DraftOptions) {
    this.#store = store;
    this.#base = base;
    this.journal = journal;
    this.#checkWanted = checkWanted;
  }

  static async open(options: DraftOptions): Promise<Draft> {
    const draft = new Draft(options);
    for await (const page of options.journal.pages()) {
      for (let at = 0; at < page.length; at += recordBytes) {
        draft.written.add(indexOfRecord(page, at));
      }
    }
    return draft;
  }

  /** For a block that is to be put: see BlockWriter. */
  room(): Buffer {
    return this.#group().writer.room();
  }

  /** Of a whole block, whose digest the caller has been told; its bytes are given away. */
  async put(index: number, plain: Buffer, digest: Digest): Promise<void> {
    if (this.#sealed) throw new DraftSealedError();
    const group = this.#group();
    const put = this.#put(group.writer, index, plain, digest);
    group.puts.push(put);
    this.#running ??= this.#run();
    await put;
    await group.end.promise;
  }

  /** No put begins any more, and those that have begun are over when it resolves. */
  async seal(): Promise<void> {
    this.#sealed = true;
    await this.#running;
  }

  unseal(): void {
    this.#sealed = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.seal();
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
      if (digest !== zeroDigest) throw new WrongDigestError();
      return { index, digest: null };
    }
    const replaces = (await this.#replacedBy(index)) ?? undefined;
    const put = await writer.put(plain, { given: true, replaces });
    if (put.digest !== digest) throw new WrongDigestError();
    return { index, digest };
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
