/**
 * A disk that cannot be opened yet, since its key is not here: it is there, of its size, and reads
 * wait. One that cannot be opened fails the read, and is tried again by the next.
 */
import { checkRange, type Disk, type Extent } from '../disk/disk.ts';

export class KeyedDisk implements Disk {
  readonly sizeBytes: number;
  readonly #open: () => Promise<Disk>;
  #opened: Promise<Disk> | undefined;
  #ready: Disk | undefined;

  constructor(sizeBytes: number, open: () => Promise<Disk>) {
    this.sizeBytes = sizeBytes;
    this.#open = open;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    return (await this.#disk()).pread(offset, length);
  }

  preadPieces(offset: number, length: number): Buffer[] | Promise<Buffer[]> {
    checkRange(this, offset, length);
    return this.#ready?.preadPieces?.(offset, length) ?? this.#pieces(offset, length);
  }

  async #pieces(offset: number, length: number): Promise<Buffer[]> {
    const disk = await this.#disk();
    return disk.preadPieces?.(offset, length) ?? [await disk.pread(offset, length)];
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    checkRange(this, offset, length);
    const disk = await this.#disk();
    return disk.extents?.(offset, length) ?? [{ length, zero: false }];
  }

  async close(): Promise<void> {
    await (await this.#opened?.catch(() => undefined))?.close();
  }

  #disk(): Promise<Disk> {
    this.#opened ??= this.#open().then(
      (disk) => {
        this.#ready = disk;
        return disk;
      },
      (error) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }
}
