/** A disk that is larger than what is on it: zeros at its end, up to a volume's size. */
import { checkRange, type Disk, type Extent } from './disk.ts';

export class PaddedDisk implements Disk {
  readonly sizeBytes: number;
  readonly #disk: Disk;

  constructor(disk: Disk, sizeBytes: number) {
    if (sizeBytes < disk.sizeBytes) throw new RangeError('a disk cannot be cut');
    this.#disk = disk;
    this.sizeBytes = sizeBytes;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    const inside = this.#inside(offset, length);
    if (inside === length) return this.#disk.pread(offset, length);
    const bytes = Buffer.alloc(length);
    if (inside > 0) (await this.#disk.pread(offset, inside)).copy(bytes);
    return bytes;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    checkRange(this, offset, length);
    const inside = this.#inside(offset, length);
    const extents: Extent[] = [];
    if (inside > 0) {
      const known = await this.#disk.extents?.(offset, inside);
      extents.push(...(known ?? [{ length: inside, zero: false }]));
    }
    if (inside < length) extents.push({ length: length - inside, zero: true });
    return extents;
  }

  close(): Promise<void> {
    return this.#disk.close();
  }

  #inside(offset: number, length: number): number {
    return Math.max(0, Math.min(length, this.#disk.sizeBytes - offset));
  }
}
