/**
 * A disk: a random-access, read-only view of bytes. The small interface that snapshots, layers and files share, and that
 * nbd/ serves. It deliberately has no write side: guests write to qcow2 layers through QEMU.
 */
export interface Disk {
  readonly sizeBytes: number;
  /** Exactly `length` bytes at `offset`; a range beyond the end is the caller's error and throws RangeError. */
  pread(offset: number, length: number): Promise<Buffer>;
  /**
   * As pread, but as pieces that need no copy (views of cached blocks), in order. The caller must not change them.
   * Returned synchronously as an array when everything is in memory.
   */
  preadPieces?(offset: number, length: number): Buffer[] | Promise<Buffer[]>;
  close(): Promise<void>;
}
