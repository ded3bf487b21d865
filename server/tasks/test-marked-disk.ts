/** A disk of 1 GiB without a file: zeros, but for its first 64 KiB, which are of one byte. */
import { blockSizeBytes } from '../blocks/block-store.ts';
import type { Disk } from '../disk/disk.ts';
import { gibBytes } from '../foundations/sizes.ts';

const markBytes = 64 * 1024;
const zeros = Buffer.alloc(blockSizeBytes);

export class MarkedDisk implements Disk {
  readonly sizeBytes = gibBytes;
  readonly #byte: number;

  constructor(byte: number) {
    this.#byte = byte;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    // Nobody writes to what was read: most of a disk need not be made for each test anew.
    if (offset >= markBytes && length <= zeros.length) return zeros.subarray(0, length);
    const bytes = Buffer.alloc(length);
    if (offset < markBytes) bytes.fill(this.#byte, 0, Math.min(length, markBytes - offset));
    return bytes;
  }

  async close(): Promise<void> {}
}
