/** A raw file as a disk, such as a freshly built image. Its size is fixed when it is opened. */
import { type FileHandle, open } from 'node:fs/promises';
import type { FilePlace } from '../blocks/block-store.ts';
import { checkRange, type Disk } from './disk.ts';

export async function openRawFileDisk(path: string): Promise<RawFileDisk> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    if (size === 0) throw new Error(`${path} is empty`);
    return new RawFileDisk(path, handle, size);
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export class RawFileDisk implements Disk {
  readonly sizeBytes: number;
  readonly #path: string;
  readonly #handle: FileHandle;

  constructor(path: string, handle: FileHandle, sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.#path = path;
    this.#handle = handle;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    const bytes = Buffer.allocUnsafe(length);
    await this.preadInto(offset, bytes);
    return bytes;
  }

  async preadInto(offset: number, target: Buffer): Promise<void> {
    const { length } = target;
    checkRange(this, offset, length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(target, done, length - done, offset + done);
      if (bytesRead === 0) throw new Error(`${this.#path} became shorter while it was read`);
      done += bytesRead;
    }
  }

  async placeOf(offset: number, length: number): Promise<FilePlace> {
    checkRange(this, offset, length);
    return { descriptor: this.#handle.fd, offset, length };
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
