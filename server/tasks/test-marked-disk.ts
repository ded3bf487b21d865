/** A disk of 1 GiB without a file: zeros, but for its first 64 KiB, which are of one byte. */
import type { Disk, Extent } from '../disk/disk.ts';
import { gibBytes } from '../foundations/sizes.ts';

const markBytes = 64 * 1024;

export class MarkedDisk implements Disk {
  readonly sizeBytes = gibBytes;
  readonly #byte: number;

  constructor(byte: number) {
    this.#byte = byte;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    if (offset < markBytes) bytes.fill(this.#byte, 0, Math.min(length, markBytes - offset));
    return bytes;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    const marked = Math.min(Math.max(0, markBytes - offset), length);
    const parts = [
      { length: marked, zero: false },
      { length: length - marked, zero: true },
    ];
    return parts.filter((part) => part.length > 0);
  }

  async close(): Promise<void> {}
}
