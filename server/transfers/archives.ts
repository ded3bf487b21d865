/**
 * The archive: a folder of the home, or one that the operator named, with one file for each
 * snapshot that is in it, in the format of stored images (stored-image.ts). A file is written under
 * another name until it is whole, on disk and read once more. What belongs there is said by rows
 * (domain/snapshot-tiers.ts).
 */
import path from 'node:path';
import { type BlockReader, blockMaxBytes, type Digest } from '../blocks/block-store.ts';
import { accessOfFile, type RandomAccess } from '../disk-formats/random-access.ts';
import { type Files, isAbsent, type OpenFile } from '../files/files.ts';
import { makeLastingFolder } from '../files/lasting-folder.ts';
import { unlinkIfThere } from '../files/whole-file.ts';
import { StoredBlocks, StoredImageError, verifyStoredImage } from './stored-image.ts';

const folderMode = 0o700;
const fileMode = 0o600;
const ending = '.imago';
const partEnding = '.part';
const form = /^\.?(snap-[0-9a-f]+)\.imago(?:\.part)?$/;

export interface ArchivesOptions {
  /** Of the home: what is there stays there, and is found. */
  own: string;
  /** By the operator: what is written goes there. */
  named?: string;
  /** Zstandard's; its highest without it. */
  level?: number;
}

const highestLevel = 22;

/** Its file is damaged, or not there: one that is whole may come. */
export class UnreadableArchiveError extends Error {
  override name = 'UnreadableArchiveError';
}

export class Archives {
  readonly level: number;
  readonly #files: Files;
  readonly #folders: readonly string[];

  constructor(files: Files, { own, named, level = highestLevel }: ArchivesOptions) {
    this.level = level;
    this.#files = files;
    this.#folders = named === undefined || named === own ? [own] : [named, own];
  }

  /** Whether what is written takes room there. */
  isIn(folder: string): boolean {
    return !path.relative(folder, this.#folder).startsWith('..');
  }

  /**
   * Under no name yet. Of an earlier try nothing is left, nor of this one where it fails: whoever
   * removes what there is may have done so before.
   */
  async write(snapshotId: string, write: (file: OpenFile) => Promise<void>): Promise<void> {
    const part = partOf(this.#folder, snapshotId);
    await makeLastingFolder(this.#files, this.#folder, folderMode);
    await unlinkIfThere(this.#files, part);
    try {
      await using file = await this.#files.open(part, 'create', fileMode);
      await write(file);
      await file.sync();
    } catch (error) {
      await unlinkIfThere(this.#files, part).catch(() => {});
      throw error;
    }
  }

  /** What was written, read again: `use` has it as long as it goes on. */
  withPart<T>(snapshotId: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
    return this.#with(partOf(this.#folder, snapshotId), use);
  }

  /** What was written gets its name; once it has, nothing is done. Answers its size. */
  async publish(snapshotId: string): Promise<number> {
    const whole = fileOf(this.#folder, snapshotId);
    try {
      await this.#files.rename(partOf(this.#folder, snapshotId), whole);
    } catch (error) {
      // An earlier try has renamed it, or it is not there at all.
      if (!isAbsent(error)) throw error;
    }
    const { sizeBytes } = await this.#files.stat(whole);
    await this.#files.syncFolder(this.#folder);
    return sizeBytes;
  }

  async with<T>(snapshotId: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
    for (const folder of this.#folders.slice(0, -1)) {
      try {
        return await this.#with(fileOf(folder, snapshotId), use);
      } catch (error) {
        if (!isAbsent(error)) throw error;
      }
    }
    return this.#with(fileOf(this.#folders.at(-1) as string, snapshotId), use);
  }

  /** Its blocks, once all of the file was read and found whole. Throws UnreadableArchiveError. */
  async withBlocks<T>(
    snapshotId: string,
    use: (blocks: BlockReader) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    let isWhole = false;
    try {
      return await this.with(snapshotId, async (file) => {
        const blocks = await StoredBlocks.open(file, { blockMaxBytes, signal });
        isWhole = true;
        return use(blocks);
      });
    } catch (error) {
      const why = isWhole ? undefined : whyUnreadable(error);
      if (why === undefined) throw error;
      throw new UnreadableArchiveError(`the archive of ${snapshotId}: ${why}`);
    }
  }

  /** What is wrong with it, if anything is. `step` is called before each read, and may wait. */
  async damageOf(
    snapshotId: string,
    map: Digest,
    { signal, step = async () => {} }: { signal?: AbortSignal; step?: () => Promise<void> } = {},
  ): Promise<string | undefined> {
    try {
      await this.with(snapshotId, ({ sizeBytes, read }) => {
        const paced = async (at: number, length: number) => {
          await step();
          return read(at, length);
        };
        return verifyStoredImage({ sizeBytes, read: paced }, [map], { blockMaxBytes, signal });
      });
      return undefined;
    } catch (error) {
      const why = whyUnreadable(error);
      if (why === undefined) throw error;
      return why;
    }
  }

  /** Whose files there are, be they whole or not. */
  async list(): Promise<string[]> {
    const ids = new Set<string>();
    for (const folder of this.#folders) {
      for (const name of await this.#namesIn(folder)) {
        const [, id] = form.exec(name) ?? [];
        if (id !== undefined) ids.add(id);
      }
    }
    return [...ids];
  }

  /** All that there is of it. */
  async remove(snapshotId: string): Promise<void> {
    for (const folder of this.#folders) {
      await unlinkIfThere(this.#files, partOf(folder, snapshotId));
      await unlinkIfThere(this.#files, fileOf(folder, snapshotId));
    }
  }

  get #folder(): string {
    return this.#folders[0] as string;
  }

  async #with<T>(name: string, use: (file: RandomAccess) => Promise<T>): Promise<T> {
    await using file = await this.#files.open(name, 'read');
    return await use(await accessOfFile(file));
  }

  async #namesIn(folder: string): Promise<string[]> {
    try {
      return await this.#files.readdir(folder);
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }
}

function whyUnreadable(error: unknown): string | undefined {
  if (error instanceof StoredImageError) return error.message;
  if (isAbsent(error)) return 'Its file is not there.';
  if (isDiskError(error)) return 'Its file cannot be read from the disk.';
  return undefined;
}

function isDiskError(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'EIO';
}

function fileOf(folder: string, snapshotId: string): string {
  return path.join(folder, `${snapshotId}${ending}`);
}

function partOf(folder: string, snapshotId: string): string {
  return path.join(folder, `.${snapshotId}${ending}${partEnding}`);
}
