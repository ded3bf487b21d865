/**
 * Small files in folders that others may write to: a link is not followed, a FIFO not waited for,
 * and no more is read than a limit. Synchronous: what is read so decides at once.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** The whole file; undefined where there is none, or something else, or one that is longer. */
export function readRegularFile(file: string, maxBytes: number): Buffer | undefined {
  const bytes = readEnd(file, maxBytes + 1);
  return bytes && bytes.length <= maxBytes ? bytes : undefined;
}

/** The last bytes of a file; undefined where there is none, or something else. */
export function readEnd(file: string, maxBytes: number): Buffer | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const bytes = Buffer.alloc(Math.min(stats.size, maxBytes));
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, stats.size - bytes.length));
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
