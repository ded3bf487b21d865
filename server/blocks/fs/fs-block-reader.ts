/**
 * The read side of the block store in a folder: `ab/cdef…`, one file per block. It needs only permission to read, so the
 * data plane uses it as an unprivileged process beside the one that writes. It changes nothing, not even a corrupt file.
 */
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockReader,
  blockSizeBytes,
  type Digest,
  digestOf,
  isDigest,
} from '../block-store.ts';
import { decodeBlock } from './block-file.ts';

/** Encoding byte and raw bytes: no valid file is longer. */
const fileMaxBytes = 1 + blockSizeBytes;

export class FsBlockReader implements BlockReader {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(digest: Digest): Promise<Buffer> {
    if (!isDigest(digest)) throw new BlockMissingError(digest);
    return readBlock(blockFile(this.#folder, digest), digest);
  }

  async has(digest: Digest): Promise<boolean> {
    if (!isDigest(digest)) return false;
    try {
      return (await stat(blockFile(this.#folder, digest))).isFile();
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }
}

export function blockFile(folder: string, digest: Digest): string {
  return path.join(folder, digest.slice(0, 2), digest.slice(2));
}

/** Reads a block from a file and verifies it. */
export async function readBlock(file: string, digest: Digest): Promise<Buffer> {
  const bytes = await readBlockFile(file, digest);
  let plain: Buffer;
  try {
    plain = decodeBlock(bytes);
  } catch (error) {
    throw new BlockCorruptError(digest, (error as Error).message);
  }
  if (digestOf(plain) !== digest) {
    throw new BlockCorruptError(digest, 'its bytes have another digest');
  }
  return plain;
}

async function readBlockFile(file: string, digest: Digest): Promise<Buffer> {
  try {
    await using handle = await open(file, 'r');
    const { size } = await handle.stat();
    if (size > fileMaxBytes) throw new BlockCorruptError(digest, `its file has ${size} bytes`);
    const bytes = Buffer.allocUnsafeSlow(size);
    const { bytesRead } = await handle.read(bytes, 0, size, 0);
    return bytes.subarray(0, bytesRead);
  } catch (error) {
    if (isAbsent(error)) throw new BlockMissingError(digest);
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
