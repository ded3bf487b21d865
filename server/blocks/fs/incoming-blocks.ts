/**
 * Blocks on their way into the store: in a temporary file, and given their name by the first commit
 * of a writer that relies on them. Several writers may rely on one; each is told how its naming
 * ended. A block whose naming failed is gone, since after a failed sync the kernel may have dropped
 * its bytes: it has to be put again.
 */
import path from 'node:path';
import type { Files } from '../../files/files.ts';
import { unlinkIfThere } from '../../files/whole-file.ts';
import { BlockStoreFullError, type Digest } from '../block-store.ts';
import type { BlockFolder } from './block-folder.ts';
import { blockFile, deltaOf } from './block-places.ts';
import type { BlockWork, WrittenBlock } from './block-work.ts';
import type { CondemnedBlocks } from './condemned-blocks.ts';
import type { DamagedBlocks } from './damaged-blocks.ts';
import type { FolderSyncs } from './folder-syncs.ts';

export interface IncomingBlock {
  readonly digest: Digest;
  readonly file: string;
  readonly isDelta: boolean;
  /** Writers that rely on it. */
  readonly users: Set<object>;
  /** Its bytes are on disk, without a name yet. */
  syncing?: Promise<void>;
  naming?: Promise<void>;
}

export interface IncomingPut {
  /** Absent: the block is in its place. */
  incoming?: IncomingBlock;
  storedBytes: number;
}

export interface IncomingBlocksOptions {
  files: Files;
  work: BlockWork;
  folder: BlockFolder;
  condemned: CondemnedBlocks;
  damaged: DamagedBlocks;
  syncs: FolderSyncs;
}

export class IncomingBlocks {
  readonly #options: IncomingBlocksOptions;
  readonly #blocks = new Map<Digest, IncomingBlock>();
  #temporaryFiles = 0;

  constructor(options: IncomingBlocksOptions) {
    this.#options = options;
  }

  fileOf(digest: Digest): string | undefined {
    return this.#blocks.get(digest)?.file;
  }

  newFile(): string {
    return path.join(this.#options.folder.incoming, String(this.#temporaryFiles++));
  }

  /**
   * What came of a put: nothing, where the block was in its place, or `file`. The caller holds the
   * block already, so that it is not condemned from now on; `sinceMove` is when the put began.
   */
  async take(
    { digest, storedBytes, base }: WrittenBlock,
    { file, sinceMove, user }: { file: string; sinceMove: number; user: object },
  ): Promise<IncomingPut> {
    const { files, condemned, damaged } = this.#options;
    if (base && condemned.mayHaveMoved(base, sinceMove)) await condemned.pardon(base);
    const isWritten = storedBytes > 0;
    if (isWritten ? !damaged.has(digest) : condemned.mayHaveMoved(digest, sinceMove)) {
      const pardoned = await condemned.pardon(digest);
      if (pardoned && isWritten) await unlinkIfThere(files, file);
      if (pardoned) return { storedBytes: 0 };
    }
    const other = this.#blocks.get(digest);
    if (other) {
      other.users.add(user);
      if (isWritten) await unlinkIfThere(files, file);
      return { incoming: other, storedBytes: 0 };
    }
    if (!isWritten) return { storedBytes: 0 };
    const incoming = { digest, file, isDelta: base !== undefined, users: new Set([user]) };
    this.#blocks.set(digest, incoming);
    return { incoming, storedBytes };
  }

  /** Its bytes, ahead of `name`, which tells how that ended. */
  sync(block: IncomingBlock): void {
    if (block.syncing || block.naming) return;
    block.syncing = this.#options.work.settle({ sync: block.file });
    block.syncing.catch(() => {});
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

  /** After a failed write. */
  async fail(file: string, error: unknown): Promise<never> {
    await unlinkIfThere(this.#options.files, file).catch(() => {});
    throw this.#explain(error);
  }

  async #name({ digest, file, isDelta, syncing }: IncomingBlock): Promise<void> {
    const { files, work, folder, syncs, damaged } = this.#options;
    const whole = blockFile(folder.path, digest);
    const place = isDelta ? deltaOf(whole) : whole;
    try {
      await syncing;
      await work.settle({ sync: syncing ? undefined : file, rename: { from: file, to: place } });
      if (damaged.has(digest)) {
        await unlinkIfThere(files, deltaOf(whole));
        damaged.delete(digest);
      }
      syncs.changed(path.dirname(place));
    } catch (error) {
      await this.fail(file, error);
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
