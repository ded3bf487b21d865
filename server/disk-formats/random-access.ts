/**
 * A file of bytes at any place, whatever is behind it: a file of this machine, a client's that is
 * asked for ranges, a web server's, a member of an archive. It has no name and no neighbours, so
 * that nothing that a format's header names could be opened through it.
 */
import type { OpenFile } from '../files/files.ts';

export interface RandomAccess {
  readonly sizeBytes: number;
  /**
   * Exactly `length` bytes at `offset`. A range that is not inside is the caller's error and throws
   * RangeError; an error of what is behind it goes through as it is.
   */
  read(offset: number, length: number): Promise<Buffer>;
}

export function checkInside(source: RandomAccess, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.sizeBytes)) {
    throw new RangeError(`${length} bytes at ${offset} are not in ${source.sizeBytes}`);
  }
}

/** A file of this machine. Its size is fixed now; it stays the caller's to close. */
export async function accessOfFile(file: Pick<OpenFile, 'read' | 'stat'>): Promise<RandomAccess> {
  const { sizeBytes } = await file.stat();
  const access: RandomAccess = {
    sizeBytes,
    async read(offset, length) {
      checkInside(access, offset, length);
      const bytes = Buffer.allocUnsafe(length);
      if ((await file.read(bytes, offset)) < length) {
        throw new Error('the file became shorter while it was read');
      }
      return bytes;
    },
  };
  return access;
}

export function accessOfBuffer(bytes: Buffer): RandomAccess {
  const access: RandomAccess = {
    sizeBytes: bytes.length,
    async read(offset, length) {
      checkInside(access, offset, length);
      return bytes.subarray(offset, offset + length);
    },
  };
  return access;
}

/** A part of a file as a file, such as a member of an archive. */
export function partOf(source: RandomAccess, start: number, sizeBytes: number): RandomAccess {
  checkInside(source, start, sizeBytes);
  const access: RandomAccess = {
    sizeBytes,
    async read(offset, length) {
      checkInside(access, offset, length);
      return source.read(start + offset, length);
    },
  };
  return access;
}

/** Tables are read in small pieces; where each costs a round trip, they come from windows. */
const windowBytes = 1024 ** 2;
const windowsInMemory = 16;

/**
 * The same bytes, asked for in whole windows where less than one is wanted: for sources of which
 * each read costs a round trip. What is larger goes through as it is.
 */
export function inWindows(source: RandomAccess): RandomAccess {
  const { sizeBytes } = source;
  const windows = new Map<number, Promise<Buffer>>();
  const windowAt = (index: number): Promise<Buffer> => {
    const known = windows.get(index);
    if (known) return known;
    const start = index * windowBytes;
    const read = source.read(start, Math.min(windowBytes, sizeBytes - start));
    windows.set(index, read);
    // What failed is asked for anew.
    read.catch(() => windows.delete(index));
    for (const oldest of windows.keys()) {
      if (windows.size <= windowsInMemory) break;
      windows.delete(oldest);
    }
    return read;
  };
  const access: RandomAccess = {
    sizeBytes,
    async read(offset, length) {
      checkInside(access, offset, length);
      if (length >= windowBytes || length === 0) return source.read(offset, length);
      const first = Math.floor(offset / windowBytes);
      const start = offset - first * windowBytes;
      const head = (await windowAt(first)).subarray(start, start + length);
      if (head.length === length) return head;
      const tail = (await windowAt(first + 1)).subarray(0, length - head.length);
      return Buffer.concat([head, tail]);
    },
  };
  return access;
}
