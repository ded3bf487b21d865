/**
 * The read side of the block store in a folder: `ab/cdef…`, one file per block. It needs only
 * permission to read, so the data plane uses it as an unprivileged process beside the one that
 * writes. It changes nothing, not even a corrupt file.
 */
import path from 'node:path';
import { type Files, isAbsent } from '../../files/files.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockReader,
  type Digest,
  isDigest,
} from '../block-store.ts';
import { type BlockCodec, inlineCodec } from './block-codec.ts';
import { fileMaxBytes } from './block-file.ts';

export interface FsBlockReaderOptions {
  files?: Files;
  codec?: BlockCodec;
}

export class FsBlockReader implements BlockReader {
  readonly #folder: string;
  readonly #files: Files;
  readonly #codec: BlockCodec;

  constructor(
    folder: string,
    { files = nodeFiles, codec = inlineCodec }: FsBlockReaderOptions = {},
  ) {
    this.#folder = folder;
    this.#files = files;
    this.#codec = codec;
  }

  async get(digest: Digest): Promise<Buffer> {
    if (!isDigest(digest)) throw new BlockMissingError(digest);
    for await (const file of this.#places(digest)) {
      const bytes = await this.#bytesOf(file, digest);
      if (bytes) return this.#codec.decode(digest, bytes);
    }
    throw new BlockMissingError(digest);
  }

  async has(digest: Digest): Promise<boolean> {
    if (!isDigest(digest)) return false;
    for await (const file of this.#places(digest)) if (await this.#isFile(file)) return true;
    return false;
  }

  /** One of these files, verified; for blocks that have no name yet. */
  async getFrom(file: string, digest: Digest): Promise<Buffer> {
    const bytes = await this.#bytesOf(file, digest);
    if (!bytes) throw new BlockMissingError(digest);
    return this.#codec.decode(digest, bytes);
  }

  /** Where it belongs, then where condemned blocks are, and at last whether it was brought back. */
  async *#places(digest: Digest): AsyncIterable<string> {
    const place = blockFile(this.#folder, digest);
    yield place;
    const rounds = await this.#files.readdir(condemnedFolder(this.#folder)).catch((error) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    for (const round of rounds) yield path.join(condemnedFolder(this.#folder), round, digest);
    if (rounds.length > 0) yield place;
  }

  async #bytesOf(file: string, digest: Digest): Promise<Buffer | undefined> {
    try {
      await using handle = await this.#files.open(file, 'read');
      const { sizeBytes } = await handle.stat();
      if (sizeBytes > fileMaxBytes) {
        throw new BlockCorruptError(digest, `its file has ${sizeBytes} bytes`);
      }
      const bytes = Buffer.allocUnsafeSlow(sizeBytes);
      return bytes.subarray(0, await handle.read(bytes, 0));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw error;
    }
  }

  async #isFile(file: string): Promise<boolean> {
    try {
      return (await this.#files.stat(file)).kind === 'file';
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }
}

export function shardOf(digest: Digest): string {
  return digest.slice(0, 2);
}

export function blockFile(folder: string, digest: Digest): string {
  return path.join(folder, shardOf(digest), digest.slice(2));
}

export function condemnedFolder(folder: string): string {
  return path.join(folder, 'condemned');
}
