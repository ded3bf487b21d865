/**
 * A disk: a random-access, read-only view of bytes. The small interface that snapshots, layers and
 * files share, and that nbd/ serves. It deliberately has no write side: guests write to qcow2
 * layers through QEMU.
 */
import type { FilePlace } from '../blocks/block-store.ts';

export interface Disk {
  readonly sizeBytes: number;
  /**
   * Exactly `length` bytes at `offset`; a range beyond the end is the caller's error and throws
   * RangeError.
   */
  pread(offset: number, length: number): Promise<Buffer>;
  /** As pread of as many bytes as `target` has, into it. */
  preadInto?(offset: number, target: Buffer): Promise<void>;
  /**
   * As preadInto at once, where all of it is in memory; false where it is not, and then there may be
   * anything in `target`.
   */
  preadNow?(offset: number, target: Buffer): boolean;
  /** Has it read into memory, for preadNow. It may have left again, where there is little. */
  load?(offset: number, length: number): Promise<void>;
  /**
   * Which parts of a range are known to read as zeros, in order and covering it exactly. Cheaper
   * than reading.
   */
  extents?(offset: number, length: number): Promise<Extent[]>;
  /**
   * Where a range lies, where all of it is in one file as it is: for threads that read it there. It
   * is good until the disk is closed.
   */
  placeOf?(offset: number, length: number): Promise<FilePlace | undefined>;
  close(): Promise<void>;
}

export interface Extent {
  length: number;
  zero: boolean;
}

/** Throws RangeError unless the range is inside the disk. */
export function checkRange(disk: { sizeBytes: number }, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > disk.sizeBytes) {
    throw new RangeError(`${length} bytes at ${offset} are not on a disk of ${disk.sizeBytes}`);
  }
}
