/**
 * The read side of the block store in a folder: `ab/cdef…`, one file per block. It needs only
 * permission to read, so the data plane uses it as an unprivileged process beside the one that
 * writes. It changes nothing, not even a corrupt file.
 */
import { type Files, isAbsent } from '../../files/files.ts';
import { nodeFiles } from '../../files/node/node-files.ts';
import { BlockMissingError, type BlockReader, type Digest, isDigest } from '../block-store.ts';
import { condemnedFolder, otherPlaces, properPlaces } from './block-places.ts';
import { type BlockWork, InlineBlockWork } from './block-work.ts';

export interface FsBlockReaderOptions {
  files?: Files;
  work?: BlockWork;
}

export class FsBlockReader implements BlockReader {
  readonly #folder: string;
  readonly #files: Files;
  readonly #work: BlockWork;

  constructor(folder: string, { files = nodeFiles, work }: FsBlockReaderOptions = {}) {
    this.#folder = folder;
    this.#files = files;
    this.#work = work ?? new InlineBlockWork(files);
  }

  async get(digest: Digest, room?: Buffer): Promise<Buffer> {
    if (!isDigest(digest)) throw new BlockMissingError(digest);
    const plain = await this.#work.read({ folder: this.#folder, digest, shared: room });
    if (!plain) throw new BlockMissingError(digest);
    return plain;
  }

  async has(digest: Digest): Promise<boolean> {
    if (await this.isInPlace(digest)) return true;
    if (!isDigest(digest)) return false;
    const rounds = await this.#files.readdir(condemnedFolder(this.#folder)).catch((error) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    return this.#isAmong(otherPlaces(this.#folder, rounds, digest));
  }

  /** And not condemned. */
  async isInPlace(digest: Digest): Promise<boolean> {
    return isDigest(digest) && this.#isAmong(properPlaces(this.#folder, digest));
  }

  async #isAmong(places: readonly string[]): Promise<boolean> {
    for (const place of places) {
      try {
        if ((await this.#files.stat(place)).kind === 'file') return true;
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
    return false;
  }
}
