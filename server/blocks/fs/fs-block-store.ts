/**
 * The block store in a folder. `put` writes a temporary file in `incoming/`; `flush` syncs all of them, renames them to
 * their names and syncs the folders they are in. So a name, once there, always has its bytes behind it, whenever the power
 * fails; what a crash leaves in `incoming/` is removed at the next open.
 * One process at a time may have the folder open (the lock of the home folder sees to it); any number may read.
 */
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockStore,
  BlockStoreFullError,
  blockSizeBytes,
  type Digest,
  digestOf,
  isDigest,
  type PutResult,
} from '../block-store.ts';
import { encodeBlock } from './block-file.ts';
import { blockFile, FsBlockReader, readBlock } from './fs-block-reader.ts';

export interface FsBlockStoreOptions {
  /** Group of the unprivileged process that reads the blocks; only a privileged process can give files to it. */
  readerGid?: number;
}

/** Syncs at a time: node runs four file operations in parallel, and the file system merges their journal commits. */
const syncsInParallel = 4;

const folderMode = 0o750;
const fileMode = 0o640;

export class FsBlockStore implements BlockStore {
  readonly #folder: string;
  readonly #readerGid: number | undefined;
  readonly #reader: FsBlockReader;
  /** Puts that are running, so that the same block is written once. */
  readonly #puts = new Map<Digest, Promise<PutResult>>();
  /** Written, not yet renamed: digest -> temporary file. */
  readonly #pending = new Map<Digest, string>();
  #temporaryFiles = 0;
  /** Folders with names that may not be on disk yet: those of blocks that were found there, too. */
  #unsyncedFolders = new Set<string>();
  /** The newest batch of `flush`; it resolves with its failure. */
  #batch: Promise<Error | undefined> = Promise.resolve(undefined);

  private constructor(folder: string, options: FsBlockStoreOptions) {
    this.#folder = folder;
    this.#readerGid = options.readerGid;
    this.#reader = new FsBlockReader(folder);
  }

  static async open(folder: string, options: FsBlockStoreOptions = {}): Promise<FsBlockStore> {
    const store = new FsBlockStore(folder, options);
    await store.#prepareFolders();
    return store;
  }

  put(plain: Buffer): Promise<PutResult> {
    if (plain.length === 0 || plain.length > blockSizeBytes) {
      return Promise.reject(new RangeError(`a block cannot have ${plain.length} bytes`));
    }
    const digest = digestOf(plain);
    const running = this.#puts.get(digest);
    if (running) return running.then(() => ({ digest, storedBytes: 0 }));
    const put = this.#put(digest, plain).finally(() => this.#puts.delete(digest));
    this.#puts.set(digest, put);
    return put;
  }

  async flush(): Promise<void> {
    // An earlier batch that is still running may hold blocks of this caller, so its failure counts here too.
    const earlier = this.#batch;
    const own = earlier.then(() => this.#flushPending());
    this.#batch = own;
    const failure = (await earlier) ?? (await own);
    if (failure) throw failure;
  }

  async get(digest: Digest): Promise<Buffer> {
    const temporary = this.#pending.get(digest);
    if (temporary) {
      try {
        return await readBlock(temporary, digest);
      } catch (error) {
        // A flush has just given it its name.
        if (!(error instanceof BlockMissingError)) throw error;
      }
    }
    return this.#reader.get(digest);
  }

  async has(digest: Digest): Promise<boolean> {
    return this.#pending.has(digest) || this.#reader.has(digest);
  }

  async *list(): AsyncIterable<Digest> {
    for (const shard of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{2}$/.test(shard)) continue;
      for (const name of await readdir(path.join(this.#folder, shard))) {
        if (/^[0-9a-f]{62}$/.test(name)) yield shard + name;
      }
    }
  }

  async delete(digest: Digest): Promise<void> {
    if (isDigest(digest)) await rm(blockFile(this.#folder, digest), { force: true });
  }

  async #put(digest: Digest, plain: Buffer): Promise<PutResult> {
    if (this.#pending.has(digest) || (await this.#holds(digest, plain))) {
      this.#unsyncedFolders.add(path.dirname(blockFile(this.#folder, digest)));
      return { digest, storedBytes: 0 };
    }
    const parts = encodeBlock(plain);
    const temporary = path.join(this.#incomingFolder, String(this.#temporaryFiles++));
    try {
      await using handle = await open(temporary, 'wx', fileMode);
      await this.#share(handle, fileMode);
      // Not writev: on a disk that fills up it writes a part and reports no error.
      for (const part of parts) await handle.writeFile(part);
    } catch (error) {
      await rm(temporary, { force: true });
      throw this.#explain(error);
    }
    this.#pending.set(digest, temporary);
    return { digest, storedBytes: parts.reduce((sum, part) => sum + part.length, 0) };
  }

  /** Whether the block is there, whole: trusting a corrupt file would spoil every later snapshot with this block. */
  async #holds(digest: Digest, plain: Buffer): Promise<boolean> {
    try {
      return (await this.#reader.get(digest)).equals(plain);
    } catch (error) {
      if (error instanceof BlockMissingError || error instanceof BlockCorruptError) return false;
      throw error;
    }
  }

  async #flushPending(): Promise<Error | undefined> {
    const blocks = [...this.#pending];
    const folders = this.#unsyncedFolders;
    this.#unsyncedFolders = new Set();
    try {
      await inParallel(blocks, async ([digest, temporary]) => {
        await syncFile(temporary);
        const file = blockFile(this.#folder, digest);
        await rename(temporary, file);
        folders.add(path.dirname(file));
        this.#pending.delete(digest);
      });
      await inParallel([...folders], syncFile);
      return undefined;
    } catch (error) {
      // After a failed sync the kernel may have dropped the bytes: these blocks have to be put again.
      for (const [digest, temporary] of blocks) {
        this.#pending.delete(digest);
        await rm(temporary, { force: true });
      }
      return this.#explain(error);
    }
  }

  get #incomingFolder(): string {
    return path.join(this.#folder, 'incoming');
  }

  async #prepareFolders(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: folderMode });
    await rm(this.#incomingFolder, { recursive: true, force: true });
    const present = new Set(await readdir(this.#folder));
    const shards = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));
    for (const name of [...shards, 'incoming'].filter((name) => !present.has(name))) {
      await mkdir(path.join(this.#folder, name), { recursive: true, mode: folderMode });
    }
    if (this.#readerGid !== undefined) await this.#shareAll(shards, this.#readerGid);
    await syncFile(this.#folder);
  }

  /** The folder itself last: that it is the reader's says that all in it is. */
  async #shareAll(shards: readonly string[], readerGid: number): Promise<void> {
    const files: string[] = [];
    if ((await stat(this.#folder)).gid !== readerGid) {
      // Made by an ordinary user, or copied without owners.
      for await (const digest of this.list()) files.push(blockFile(this.#folder, digest));
    }
    const folders = [...shards.map((name) => path.join(this.#folder, name)), this.#folder];
    for (const [names, mode] of [[files, fileMode] as const, [folders, folderMode] as const]) {
      for (const name of names) {
        await using handle = await open(name, 'r');
        await this.#share(handle, mode);
      }
    }
  }

  /** Lets the reader's group in, whatever the umask is. */
  async #share(handle: FileHandle, mode: number): Promise<void> {
    if (this.#readerGid === undefined) return;
    await handle.chown(process.getuid?.() ?? 0, this.#readerGid);
    await handle.chmod(mode);
  }

  #explain(error: unknown): Error {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOSPC' || code === 'EDQUOT'
      ? new BlockStoreFullError(this.#folder, { cause: error })
      : (error as Error);
  }
}

/** Data and names of a file or folder are on disk when it resolves. */
async function syncFile(file: string): Promise<void> {
  await using handle = await open(file, 'r');
  await handle.sync();
}

async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values();
  const worker = async () => {
    for (const item of rest) await work(item);
  };
  // All workers end before a failure is told: nothing goes on behind the caller's back.
  const results = await Promise.allSettled(Array.from({ length: syncsInParallel }, worker));
  const failure = results.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
