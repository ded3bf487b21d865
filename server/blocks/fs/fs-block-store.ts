/**
 * The block store in a folder. A put writes a temporary file in `incoming/`; a commit syncs it,
 * renames it to its name and syncs the folder that it is in. So a name, once there, always has its
 * bytes behind it, whenever the power fails; what a crash leaves in `incoming/` is removed at the
 * next open.
 * One process at a time may have the folder open (the lock of the home folder sees to it); any
 * number may read.
 */
import path from 'node:path';
import { type Files, isAbsent } from '../../files/files.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import { readFileWithin, replaceFile } from '../../files/whole-file.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockStore,
  type BlockWriter,
  type Digest,
  isDigest,
  type StoredBlock,
} from '../block-store.ts';
import type { BlockCollection } from '../collection.ts';
import { TouchedBlocks } from '../touched-blocks.ts';
import { baseOf, headBytes } from './block-file.ts';
import { BlockFolder } from './block-folder.ts';
import { properPlaces } from './block-places.ts';
import { type BlockWork, InlineBlockWork } from './block-work.ts';
import { CondemnedBlocks } from './condemned-blocks.ts';
import { DamagedBlocks } from './damaged-blocks.ts';
import { FolderSyncs } from './folder-syncs.ts';
import { FsBlockReader } from './fs-block-reader.ts';
import { FsBlockWriter } from './fs-block-writer.ts';
import { IncomingBlocks } from './incoming-blocks.ts';
import { lockedUntil, StoreLockedError } from './store-lock.ts';

/** Far more than anybody writes down. */
const noteMaxBytes = 2 ** 24;
/** While blocks are removed, one after the other. */
const ownerCheckMs = 1000;

async function anybody(): Promise<void> {}

export interface FsBlockStoreOptions {
  /**
   * Group of the unprivileged process that reads the blocks; only a privileged process can give
   * files to it.
   */
  readerGid?: number;
  files?: Files;
  /** The store's own: closed with it. */
  work?: BlockWork;
  /** Throws where the store has become another Imago's: nothing is noted in it then, or removed. */
  checkOwner?(): Promise<void>;
}

export class FsBlockStore implements BlockStore {
  readonly #folder: BlockFolder;
  readonly #files: Files;
  readonly #work: BlockWork;
  readonly #reader: FsBlockReader;
  readonly #syncs: FolderSyncs;
  readonly #touched = new TouchedBlocks();
  readonly #damaged = new DamagedBlocks();
  readonly #condemned: CondemnedBlocks;
  readonly #incoming: IncomingBlocks;
  readonly #checkOwner: () => Promise<void>;

  private constructor(
    folder: string,
    { readerGid, files = nodeFiles, work, checkOwner = anybody }: FsBlockStoreOptions,
  ) {
    this.#files = files;
    this.#checkOwner = checkOwner;
    this.#work = work ?? new InlineBlockWork(files);
    this.#folder = new BlockFolder(folder, { files, work: this.#work, readerGid });
    this.#reader = new FsBlockReader(folder, { files, work: this.#work });
    this.#syncs = new FolderSyncs(this.#work);
    this.#condemned = new CondemnedBlocks(files, this.#folder, this.#syncs, this.#touched);
    this.#incoming = new IncomingBlocks({
      files,
      work: this.#work,
      folder: this.#folder,
      condemned: this.#condemned,
      damaged: this.#damaged,
      syncs: this.#syncs,
    });
  }

  static async open(folder: string, options: FsBlockStoreOptions = {}): Promise<FsBlockStore> {
    const store = new FsBlockStore(folder, options);
    await store.#folder.prepare();
    await store.#condemned.load();
    return store;
  }

  begin(): BlockWriter {
    return new FsBlockWriter({
      store: this,
      folder: this.#folder,
      incoming: this.#incoming,
      touched: this.#touched,
      syncs: this.#syncs,
      work: this.#work,
      condemned: this.#condemned,
      damaged: this.#damaged,
    });
  }

  async get(digest: Digest): Promise<Buffer> {
    if (!isDigest(digest)) throw new BlockMissingError(digest);
    try {
      return await this.#get(digest);
    } catch (error) {
      if (error instanceof BlockCorruptError) this.#damaged.add(digest);
      throw error;
    }
  }

  reuse(block: Buffer): void {
    this.#work.reuse?.(block);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#incoming.fileOf(digest) !== undefined || this.#reader.has(digest);
  }

  /** And not condemned. */
  async isInPlace(digest: Digest): Promise<boolean> {
    return this.#incoming.fileOf(digest) !== undefined || this.#reader.isInPlace(digest);
  }

  list(firstByte?: number): AsyncIterable<StoredBlock> {
    return this.#folder.list(firstByte);
  }

  readNote(name: string): Promise<Buffer | undefined> {
    return readFileWithin(this.#files, this.#noteFile(name), noteMaxBytes);
  }

  async writeNote(name: string, bytes: Buffer): Promise<void> {
    await this.#checkOwner();
    await replaceFile(this.#files, this.#noteFile(name), bytes);
  }

  /** A delta that goes meanwhile needs nothing. */
  async *bases(): AsyncIterable<{ digest: Digest; base: Digest }> {
    for (const deltas of [this.#folder.deltas(), this.#condemned.deltas()]) {
      for await (const { digest, file } of deltas) {
        const head = Buffer.alloc(headBytes);
        try {
          await using handle = await this.#files.open(file, 'read');
          await handle.read(head, 0);
        } catch (error) {
          if (isAbsent(error)) continue;
          throw error;
        }
        const base = baseOf(head);
        if (base) yield { digest, base };
      }
    }
  }

  lockedUntil(): Promise<string | undefined> {
    return lockedUntil(this.#files, this.#folder.path, new Date());
  }

  async collect(): Promise<BlockCollection> {
    const condemned = this.#condemned;
    const folder = this.#folder.path;
    const until = await this.lockedUntil();
    let checkedAt = Number.NEGATIVE_INFINITY;
    const checkMayRemove = async () => {
      if (performance.now() - checkedAt < ownerCheckMs) return;
      await this.#checkOwner();
      checkedAt = performance.now();
    };
    const checkUnlocked = async () => {
      const now = await this.lockedUntil();
      if (now !== undefined) throw new StoreLockedError(folder, now);
    };
    this.#touched.beginCollection();
    return {
      ...(until !== undefined && { lockedUntil: until }),
      rounds: () => condemned.rounds(),
      condemned: (round) => condemned.list(round),
      beginRound: async (note) => {
        await this.#checkOwner();
        await checkUnlocked();
        return condemned.beginRound(note);
      },
      condemn: (round, digest) => condemned.condemn(round, digest),
      pardon: async (digest) => void (await condemned.pardon(digest)),
      destroy: async (round, digest) => {
        await checkMayRemove();
        if (until !== undefined) await checkUnlocked();
        return condemned.destroy(round, digest);
      },
      endRound: (round) => condemned.endRound(round),
      [Symbol.asyncDispose]: async () => this.#touched.endCollection(),
    };
  }

  close(): Promise<void> {
    return this.#work.close();
  }

  #noteFile(name: string): string {
    return path.join(this.#folder.path, `${name}.json`);
  }

  async #get(digest: Digest): Promise<Buffer> {
    const folder = this.#folder.path;
    for (const file of [this.#incoming.fileOf(digest), ...properPlaces(folder, digest)]) {
      // One that is gone was given its name by a commit, or is condemned.
      const plain = file && (await this.#work.read({ folder, digest, file }));
      if (plain) return plain;
    }
    await this.#condemned.pardon(digest);
    return this.#reader.get(digest);
  }
}
