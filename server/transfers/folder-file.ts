/**
 * A file in a folder that the operator allowed. Its key is the path below that folder, of ordinary
 * folders and a regular file: no link is followed on the way, and what is not a file is not opened.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import { checkInside } from '../disk-formats/random-access.ts';
import { isPlainKey } from '../domain/file-places.ts';
import { changed, type SourceFile, SourceRefused } from './source-file.ts';

export async function openFolderFile(folder: string, key: string): Promise<SourceFile> {
  const handle = await openRegular(folder, key);
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw absent(key);
    const validator = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeNs}`;
    return new FolderFile(key, handle, Number(stats.size), validator);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function openRegular(folder: string, key: string): Promise<FileHandle> {
  if (!isPlainKey(key)) throw absent(key);
  const file = path.join(await realpath(folder), key);
  try {
    if ((await realpath(file)) !== file) throw absent(key);
    return await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code && absentCodes.includes(code)) throw absent(key);
    if (code === 'EACCES') throw new SourceRefused(`The file ${key} may not be read by Imago.`);
    throw error;
  }
}

const absentCodes = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'ENAMETOOLONG'];

function absent(key: string): SourceRefused {
  return new SourceRefused(`There is no file ${key}.`);
}

class FolderFile implements SourceFile {
  readonly sizeBytes: number;
  readonly validator: string;
  readonly #key: string;
  readonly #handle: FileHandle;

  constructor(key: string, handle: FileHandle, sizeBytes: number, validator: string) {
    this.#key = key;
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
    this.validator = validator;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkInside(this, offset, length);
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) throw changed(this.#key);
      done += bytesRead;
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
