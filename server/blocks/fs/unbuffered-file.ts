/**
 * A new file whose bytes go past the page cache, where the file system lets them: memory of the
 * system's for a file that nobody reads soon costs more of the processor than all else about it, and
 * a sync finds the bytes on the disk. Synchronous, for threads. It syncs nothing.
 */
import {
  closeSync,
  fchmodSync,
  fchownSync,
  constants as flags,
  openSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type FileOwner, newFileMode } from './block-work.ts';

/** Of memory, places and lengths: no disk asks for more. */
const alignmentBytes = 4096;
/** Of a shorter file a page of memory more or less is no matter, and waiting for the disk is. */
const unbufferedMinBytes = 32 * 1024;

/** Memory that begins at a page, as that of a buffer that could grow does. */
export function alignedRoom(sizeBytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(sizeBytes, { maxByteLength: sizeBytes }));
}

/** `bytes` are at the beginning of such memory. After an error there is no file. */
export function writeNewFile(file: string, bytes: Buffer, owner?: FileOwner): void {
  const handle = openSync(file, 'wx', newFileMode);
  try {
    if (owner) {
      fchownSync(handle, owner.uid, owner.gid);
      fchmodSync(handle, owner.mode);
    }
    const unbuffered = writeUnbuffered(file, bytes);
    for (let at = unbuffered; at < bytes.length; ) {
      at += writeSync(handle, bytes, at, bytes.length - at, at);
    }
  } catch (error) {
    try {
      unlinkSync(file);
    } catch {}
    throw error;
  } finally {
    closeSync(handle);
  }
}

/** Its whole pages; answers how far it came, 0 where the file system, or the system, has none of it. */
function writeUnbuffered(file: string, bytes: Buffer): number {
  const end = bytes.length - (bytes.length % alignmentBytes);
  if (end < unbufferedMinBytes || flags.O_DIRECT === undefined) return 0;
  try {
    const handle = openSync(file, flags.O_WRONLY | flags.O_DIRECT);
    try {
      const at = writeSync(handle, bytes, 0, end, 0);
      return at - (at % alignmentBytes);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return 0;
    throw error;
  }
}
