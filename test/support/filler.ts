/** Somebody else's file on a small disk (small-disk.ts), which takes what is free there. */
import { randomFillSync } from 'node:crypto';
import { ftruncateSync, openSync, statfsSync, writeSync } from 'node:fs';
import path from 'node:path';
import { mibBytes } from '../../server/foundations/sizes.ts';

const pageBytes = 4096;

export class Filler {
  readonly #folder: string;
  readonly #bytes = randomFillSync(Buffer.alloc(mibBytes));
  readonly #descriptor: number;
  #filling: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#descriptor = openSync(path.join(folder, 'filler'), 'a');
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.#folder);
    return bavail * bsize;
  }

  /** 0: to the last byte. */
  fillTo(leftBytes: number): void {
    for (let size = mibBytes; size >= pageBytes; ) {
      try {
        if (this.freeBytes - size < leftBytes) size /= 2;
        else writeSync(this.#descriptor, this.#bytes, 0, size);
      } catch {
        size /= 2;
      }
    }
  }

  /** All of it, and until `rest` whatever becomes free. */
  fill(againEveryMs: number): void {
    this.fillTo(0);
    this.#filling = setInterval(() => this.fillTo(0), againEveryMs);
  }

  rest(): void {
    clearInterval(this.#filling);
  }

  /** Gives all of it back. */
  empty(): void {
    this.rest();
    ftruncateSync(this.#descriptor);
  }
}
