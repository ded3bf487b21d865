/**
 * The block store in a folder. A put writes a temporary file in `incoming/`; a commit syncs it,
 * renames it to its name and syncs the folder that it is in. So a name, once there, always has its
 * bytes behind it, whenever the power fails; what a crash leaves in `incoming/` is removed at the
 * next open.
 * One process at a time may have the folder open (the lock of the home folder sees to it); any
 * number may read.
 */
import type { Files } from '../../files/files.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import {
  BlockMissingError,
  type BlockStore,
  type BlockWriter,
  type Digest,
  isDigest,
  type StoredBlock,
} from '../block-store.ts';
import type { BlockCollection } from '../collection.ts';
import { TouchedBlocks } from '../touched-blocks.ts';
import { type BlockCodec, inlineCodec } from './block-codec.ts';
import { BlockFolder } from './block-folder.ts';
import { CondemnedBlocks } from './condemned-blocks.ts';
import { FolderSyncs } from './folder-syncs.ts';
import { blockFile, FsBlockReader } from './fs-block-reader.ts';
import { FsBlockWriter } from './fs-block-writer.ts';
import { IncomingBlocks } from './incoming-blocks.ts';

export interface FsBlockStoreOptions {
  /**
   * Group of the unprivileged process that reads the blocks; only a privileged process can give
   * files to it.
   */
  readerGid?: number;
  files?: Files;
  /** The store's own: closed with it. */
  codec?: BlockCodec;
}

export class FsBlockStore implements BlockStore {
  readonly #folder: BlockFolder;
  readonly #codec: BlockCodec;
  readonly #reader: FsBlockReader;
  readonly #syncs: FolderSyncs;
  readonly #touched = new TouchedBlocks();
  readonly #condemned: CondemnedBlocks;
  readonly #incoming: IncomingBlocks;

  private constructor(
    path: string,
    { readerGid, files = nodeFiles, codec = inlineCodec }: FsBlockStoreOptions,
  ) {
    this.#codec = codec;
    this.#folder = new BlockFolder(path, files, readerGid);
    this.#reader = new FsBlockReader(path, { files, codec });
    this.#syncs = new FolderSyncs(files);
    this.#condemned = new CondemnedBlocks(files, this.#folder, this.#syncs, this.#touched);
    this.#incoming = new IncomingBlocks({
      files,
      folder: this.#folder,
      reader: this.#reader,
      condemned: this.#condemned,
      syncs: this.#syncs,
    });
  }

  static async open(path: string, options: FsBlockStoreOptions = {}): Promise<FsBlockStore> {
    const store = new FsBlockStore(path, options);
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
      codec: this.#codec,
    });
  }

  async get(digest: Digest): Promise<Buffer> {
    if (!isDigest(digest)) throw new BlockMissingError(digest);
    const places = [this.#incoming.fileOf(digest), blockFile(this.#folder.path, digest)];
    for (const file of places) {
      if (file === undefined) continue;
      try {
        return await this.#reader.getFrom(file, digest);
      } catch (error) {
        // A commit has just given it its name, or it is condemned.
        if (!(error instanceof BlockMissingError)) throw error;
      }
    }
    await this.#condemned.pardon(digest);
    return this.#reader.getFrom(blockFile(this.#folder.path, digest), digest);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#incoming.fileOf(digest) !== undefined || this.#reader.has(digest);
  }

  list(): AsyncIterable<StoredBlock> {
    return this.#folder.list();
  }

  async collect(): Promise<BlockCollection> {
    const condemned = this.#condemned;
    this.#touched.beginCollection();
    return {
      rounds: () => condemned.rounds(),
      condemned: (round) => condemned.list(round),
      beginRound: (note) => condemned.beginRound(note),
      condemn: (round, digest) => condemned.condemn(round, digest),
      pardon: async (digest) => void (await condemned.pardon(digest)),
      destroy: (round, digest) => condemned.destroy(round, digest),
      endRound: (round) => condemned.endRound(round),
      [Symbol.asyncDispose]: async () => this.#touched.endCollection(),
    };
  }

  close(): Promise<void> {
    return this.#codec.close();
  }
}
