/**
 * Blocks on their way into the store: written to a temporary file, and given their name by the
 * first commit of a writer that relies on them. Several writers may rely on one; each is told how
 * its naming ended. A block whose naming failed is gone, since after a failed sync the kernel may
 * have dropped its bytes: it has to be put again.
 */
import path from 'node:path';
import type { Files } from '../../files/files.ts';
import { unlinkIfThere } from '../../files/whole-file.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  BlockStoreFullError,
  type Digest,
} from '../block-store.ts';
import type { HashedBlock } from './block-codec.ts';
import { type BlockFolder, fileMode } from './block-folder.ts';
import type { CondemnedBlocks } from './condemned-blocks.ts';
import type { FolderSyncs } from './folder-syncs.ts';
import { blockFile, type FsBlockReader } from './fs-block-reader.ts';

export interface IncomingBlock {
  readonly digest: Digest;
  readonly file: string;
  /** Writers that rely on it. */
  readonly users: Set<object>;
  naming?: Promise<void>;
}

export interface IncomingPut {
  /** Absent: the block is in its place. */
  incoming?: IncomingBlock;
  storedBytes: number;
}

export interface IncomingBlocksOptions {
  files: Files;
  folder: BlockFolder;
  reader: FsBlockReader;
  condemned: CondemnedBlocks;
  syncs: FolderSyncs;
}

export class IncomingBlocks {
  readonly #options: IncomingBlocksOptions;
  readonly #blocks = new Map<Digest, IncomingBlock>();
  /** Puts that are running, so that the same block is written once. */
  readonly #puts = new Map<Digest, Promise<IncomingPut>>();
  #temporaryFiles = 0;

  constructor(options: IncomingBlocksOptions) {
    this.#options = options;
  }

  fileOf(digest: Digest): string | undefined {
    return this.#blocks.get(digest)?.file;
  }

  /** The caller holds the block already, so that it is not condemned from now on. */
  async put(hashed: HashedBlock, user: object): Promise<IncomingPut> {
    const { digest } = hashed;
    for (;;) {
      const running = this.#puts.get(digest);
      if (!running) break;
      // Its failure is the other caller's; this one tries for itself.
      await running.catch(() => {});
    }
    const incoming = this.#blocks.get(digest);
    if (incoming) {
      incoming.users.add(user);
      return { incoming, storedBytes: 0 };
    }
    const put = this.#write(hashed, user).finally(() => this.#puts.delete(digest));
    this.#puts.set(digest, put);
    return put;
  }

  /** Bytes and name; the name is not durable before its folder is synced. */
  name(block: IncomingBlock): Promise<void> {
    block.naming ??= this.#name(block);
    return block.naming;
  }

  /** The user does without it. */
  async leave(block: IncomingBlock, user: object): Promise<void> {
    block.users.delete(user);
    if (block.users.size > 0 || block.naming) return;
    this.#blocks.delete(block.digest);
    await unlinkIfThere(this.#options.files, block.file);
  }

  async #write(hashed: HashedBlock, user: object): Promise<IncomingPut> {
    const { digest } = hashed;
    const { files, folder } = this.#options;
    if (await this.#isThere(digest)) return { storedBytes: 0 };
    const bytes = await hashed.encode();
    const file = path.join(folder.incoming, String(this.#temporaryFiles++));
    try {
      await using handle = await files.open(file, 'create', fileMode);
      await folder.shareFile(handle);
      await handle.write(bytes, 0);
    } catch (error) {
      await unlinkIfThere(files, file).catch(() => {});
      throw this.#explain(error);
    }
    const incoming = { digest, file, users: new Set([user]) };
    this.#blocks.set(digest, incoming);
    return { incoming, storedBytes: bytes.length };
  }

  /** Whole: trusting a corrupt file would spoil every later snapshot with this block. */
  async #isThere(digest: Digest): Promise<boolean> {
    const { reader, condemned, folder } = this.#options;
    await condemned.settled(digest);
    const place = blockFile(folder.path, digest);
    for (;;) {
      try {
        await reader.getFrom(place, digest);
        return true;
      } catch (error) {
        if (error instanceof BlockCorruptError) return false;
        if (!(error instanceof BlockMissingError)) throw error;
        if (!(await condemned.pardon(digest))) return false;
      }
    }
  }

  async #name(block: IncomingBlock): Promise<void> {
    const { files, folder, syncs } = this.#options;
    const { digest, file } = block;
    const place = blockFile(folder.path, digest);
    try {
      {
        await using handle = await files.open(file, 'read');
        await handle.sync();
      }
      await files.rename(file, place);
      syncs.changed(path.dirname(place));
    } catch (error) {
      await unlinkIfThere(files, file).catch(() => {});
      throw this.#explain(error);
    } finally {
      this.#blocks.delete(digest);
    }
  }

  #explain(error: unknown): unknown {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOSPC' || code === 'EDQUOT'
      ? new BlockStoreFullError(this.#options.folder.path, { cause: error })
      : error;
  }
}
