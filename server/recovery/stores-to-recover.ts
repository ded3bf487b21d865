/**
 * Block stores that an Imago is brought back from: read, and not changed. Which sealed catalogs are
 * in them, and which maps are whole in which of them.
 */
import path from 'node:path';
import { readBlockMap } from '../blocks/block-map.ts';
import {
  BlockCorruptError,
  BlockMissingError,
  type BlockReader,
  type Digest,
} from '../blocks/block-store.ts';
import { FsBlockReader } from '../blocks/fs/fs-block-reader.ts';
import { MalformedMapError } from '../blocks/map-pages.ts';
import { type Files, isAbsent } from '../files/files.ts';
import { readFileWithin } from '../files/whole-file.ts';
import { type CatalogRecord, readCatalogRecord } from './catalog-record.ts';

/** As the store itself has it. */
const noteMaxBytes = 2 ** 24;

export interface StoreToRecover {
  folder: string;
  blocks: BlockReader;
  /** Undefined: no catalog is sealed into it. */
  record: CatalogRecord | undefined;
}

/** There is no block store in the folder. */
export class NoStoreError extends Error {
  override name = 'NoStoreError';
}

/** A store, or a home that has one. */
export async function storeToRecover(files: Files, from: string): Promise<StoreToRecover> {
  const folder = await storeFolderOf(files, from);
  const readNote = (name: string) =>
    readFileWithin(files, path.join(folder, `${name}.json`), noteMaxBytes);
  const record = await readCatalogRecord({ readNote });
  return { folder, blocks: new FsBlockReader(folder, { files }), record };
}

async function storeFolderOf(files: Files, from: string): Promise<string> {
  for (const folder of [path.join(from, 'blocks'), from]) {
    const names = await namesIn(files, folder);
    if (names.includes('00') && names.includes('ff')) return path.resolve(folder);
  }
  throw new NoStoreError(`${from} is no block store`);
}

async function namesIn(files: Files, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder);
  } catch (error) {
    if (isAbsent(error) || (error as NodeJS.ErrnoException).code === 'ENOTDIR') return [];
    throw error;
  }
}

/** Which maps have all of their blocks in one store. */
export class WholeMaps {
  readonly #blocks: BlockReader;
  readonly #isThere: (digest: Digest) => Promise<boolean>;
  readonly #known = new Map<Digest, boolean>();

  /** `verify` reads all blocks; without it those of the maps, and of others sees that they are there. */
  constructor(blocks: BlockReader, { verify }: { verify: boolean }) {
    this.#blocks = blocks;
    this.#isThere = verify ? (digest) => this.#reads(digest) : (digest) => blocks.has(digest);
  }

  get checkedBlocks(): number {
    return this.#known.size;
  }

  async isWhole(root: Digest): Promise<boolean> {
    const known = this.#known.get(root);
    if (known !== undefined) return known;
    const whole = await this.#check(root);
    this.#known.set(root, whole);
    return whole;
  }

  async #check(root: Digest): Promise<boolean> {
    try {
      const map = await readBlockMap(this.#blocks, root);
      for await (const { digest } of map.entries()) {
        const known = this.#known.get(digest) ?? (await this.#isThere(digest));
        this.#known.set(digest, known);
        if (!known) return false;
      }
      return true;
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }

  async #reads(digest: Digest): Promise<boolean> {
    try {
      await this.#blocks.get(digest);
      return true;
    } catch (error) {
      if (isDamage(error)) return false;
      throw error;
    }
  }
}

/** Of blocks: others may be whole. */
export function isDamage(error: unknown): boolean {
  return [BlockMissingError, BlockCorruptError, MalformedMapError].some(
    (kind) => error instanceof kind,
  );
}
