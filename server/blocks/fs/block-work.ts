/**
 * What a block costs the processor, with the files that this needs: digest, compression and the
 * file of a new block; finding, inflating and verifying one that is stored. And what makes a file
 * durable, when it is asked for: nothing is counted on before. Done in threads (block-threads.ts)
 * or, as here, by the port of files, under whose double every sync is a crash point.
 */
import path from 'node:path';
import { type Files, isAbsent } from '../../files/files.ts';
import {
  BlockCorruptError,
  blockSizeBytes,
  type Digest,
  digestOf,
  type FilePlace,
} from '../block-store.ts';
import {
  type Base,
  baseOf,
  decodeBlock,
  encodeBlock,
  fileMaxBytes,
  headBytes,
  inflateBlock,
} from './block-file.ts';
import { condemnedFolder, otherPlaces, properPlaces } from './block-places.ts';

export interface BlockWork {
  /** The bytes are the caller's again when the call returns, unless they are `given`. */
  write(order: WriteOrder): Promise<WrittenBlock>;
  /** Undefined for the zero block, of which nothing is written. */
  writeFrom?(order: PlaceOrder): Promise<WrittenBlock | undefined>;
  settle(step: Settling): Promise<void>;
  /** For a block whose bytes are to be given to `write`. */
  room(): Buffer;
  /** Verified: throws BlockCorruptError; undefined where there is no such file. */
  read(order: ReadOrder): Promise<Buffer | undefined>;
  /** Bytes that `read` gave, and that nobody looks at any more. */
  reuse?(block: Buffer): void;
  /** The files in a folder; those that go meanwhile are left out. */
  list(folder: string): Promise<FileInFolder[]>;
  close(): Promise<void>;
}

/** What makes files durable, in this order as far as it is there. */
export interface Settling {
  /** A file: its bytes are on disk. */
  sync?: string;
  rename?: { from: string; to: string };
  /** A folder: the names in it are on disk. */
  syncFolder?: string;
}

export interface FileInFolder {
  name: string;
  sizeBytes: number;
}

export interface WriteOrder extends NewFile {
  plain: Buffer;
  given?: boolean;
}

export interface PlaceOrder extends NewFile {
  place: FilePlace;
}

export interface NewFile {
  /** Of the store. */
  folder: string;
  /** Made, and not synced, where the block is not in its place; not there yet. */
  file: string;
  /** A block that is nearly the same, perhaps. */
  replaces?: Digest;
  /** Blocks that are written anew whatever is in their place. */
  damaged?: readonly Digest[];
  owner?: FileOwner;
}

export interface FileOwner {
  uid: number;
  gid: number;
  mode: number;
}

export interface WrittenBlock {
  digest: Digest;
  /** Of the file that was made; 0: the block is in its place, and none was. */
  storedBytes: number;
  /** What must stay for as long as the block does. */
  base?: Digest;
}

export interface ReadOrder {
  folder: string;
  digest: Digest;
  /** Only this file, for blocks that have no name yet; everywhere without it. */
  file?: string;
  /** Memory that threads share: where the block is put, if it can be. */
  shared?: Buffer;
}

/** Writers make no base that needs one itself; after losses there may be a few. */
export const basesMax = 4;
export const newFileMode = 0o640;
/** Of a list: waiting for each in turn takes longer than they do. */
const statsAtOnce = 32;

export class InlineBlockWork implements BlockWork {
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  async write({ folder, plain, file, replaces, damaged = [], owner }: WriteOrder) {
    const own = Buffer.from(plain);
    const digest = digestOf(own);
    const isDamaged = damaged.includes(digest);
    const head = isDamaged ? undefined : await this.#head(folder, digest);
    if (head) return { digest, storedBytes: 0, base: baseOf(head) };
    const base = replaces && !isDamaged ? await this.#baseFrom(folder, replaces) : undefined;
    const bytes = encodeBlock(own, base);
    await using handle = await this.#files.open(file, 'create', newFileMode);
    if (owner) {
      await handle.chown(owner.uid, owner.gid);
      await handle.chmod(owner.mode);
    }
    await handle.write(bytes, 0);
    return { digest, storedBytes: bytes.length, base: baseOf(bytes) };
  }

  async settle({ sync, rename, syncFolder }: Settling): Promise<void> {
    if (sync !== undefined) {
      await using handle = await this.#files.open(sync, 'read');
      await handle.sync();
    }
    if (rename) await this.#files.rename(rename.from, rename.to);
    if (syncFolder !== undefined) await this.#files.syncFolder(syncFolder);
  }

  room(): Buffer {
    return Buffer.allocUnsafeSlow(blockSizeBytes);
  }

  async read({ folder, digest, file }: ReadOrder): Promise<Buffer | undefined> {
    const bytes = file
      ? await this.#bytesOf(file, digest)
      : await this.#bytesAnywhere(folder, digest);
    if (!bytes) return undefined;
    return decodeBlock(digest, bytes, await this.#baseFor(folder, digest, bytes));
  }

  async list(folder: string): Promise<FileInFolder[]> {
    const names = await this.#files.readdir(folder);
    const found: FileInFolder[] = [];
    for (let at = 0; at < names.length; at += statsAtOnce) {
      const some = names.slice(at, at + statsAtOnce);
      const sizes = await Promise.all(some.map((name) => this.#sizeOf(path.join(folder, name))));
      for (const [i, name] of some.entries()) {
        const sizeBytes = sizes[i];
        if (sizeBytes !== undefined) found.push({ name, sizeBytes });
      }
    }
    return found;
  }

  async close(): Promise<void> {}

  async #sizeOf(file: string): Promise<number | undefined> {
    try {
      return (await this.#files.stat(file)).sizeBytes;
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #baseFor(
    folder: string,
    digest: Digest,
    bytes: Buffer,
    depth = 1,
  ): Promise<Buffer | undefined> {
    const base = baseOf(bytes);
    if (!base) return undefined;
    if (depth > basesMax) throw new BlockCorruptError(digest, 'it has too many bases');
    const file = await this.#bytesAnywhere(folder, base);
    if (!file) throw new BlockCorruptError(digest, `its base ${base} is missing`);
    const under = await this.#baseFor(folder, digest, file, depth + 1);
    return inflateBlock(digest, file, under);
  }

  /** The block, or where that is a delta itself, its base. */
  async #baseFrom(folder: string, digest: Digest, depth = 1): Promise<Base | undefined> {
    const bytes = await this.#bytesAmong(properPlaces(folder, digest), digest).catch(
      () => undefined,
    );
    if (!bytes) return undefined;
    const base = baseOf(bytes);
    if (base) return depth > 1 ? undefined : this.#baseFrom(folder, base, depth + 1);
    try {
      return { digest, plain: decodeBlock(digest, bytes) };
    } catch {
      return undefined;
    }
  }

  async #bytesAnywhere(folder: string, digest: Digest): Promise<Buffer | undefined> {
    const bytes = await this.#bytesAmong(properPlaces(folder, digest), digest);
    if (bytes) return bytes;
    const rounds = await this.#files.readdir(condemnedFolder(folder)).catch((error) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    return this.#bytesAmong(otherPlaces(folder, rounds, digest), digest);
  }

  async #bytesAmong(places: readonly string[], digest: Digest): Promise<Buffer | undefined> {
    for (const place of places) {
      const bytes = await this.#bytesOf(place, digest);
      if (bytes) return bytes;
    }
    return undefined;
  }

  async #bytesOf(file: string, digest: Digest): Promise<Buffer | undefined> {
    try {
      await using handle = await this.#files.open(file, 'read');
      const { sizeBytes } = await handle.stat();
      if (sizeBytes > fileMaxBytes) throw tooLong(digest, sizeBytes);
      const bytes = Buffer.allocUnsafeSlow(sizeBytes);
      return bytes.subarray(0, await handle.read(bytes, 0));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #head(folder: string, digest: Digest): Promise<Buffer | undefined> {
    for (const place of properPlaces(folder, digest)) {
      try {
        await using handle = await this.#files.open(place, 'read');
        const { kind, sizeBytes } = await handle.stat();
        if (!isBlockFile(kind === 'file', sizeBytes)) continue;
        const head = Buffer.alloc(headBytes);
        return head.subarray(0, await handle.read(head, 0));
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
    return undefined;
  }
}

/** What is no such file is written anew. */
export function isBlockFile(isFile: boolean, sizeBytes: number): boolean {
  return isFile && sizeBytes > 0 && sizeBytes <= fileMaxBytes;
}

export function tooLong(digest: Digest, sizeBytes: number): BlockCorruptError {
  return new BlockCorruptError(digest, `its file has ${sizeBytes} bytes`);
}
