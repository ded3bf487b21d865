/**
 * A file that only takes room, so that there is some when the disk is full: for the rows that say
 * that things are deleted, and for a start of Imago. It is given up in parts, one for each time
 * that a write found no room, because what is free is free for everybody; the last part is for a
 * start. It is made again when there is room.
 * Written, not sparse, of bytes that no file system compresses.
 */
import { randomFillSync } from 'node:crypto';
import { statfsSync, statSync, truncateSync } from 'node:fs';
import { open, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { Log } from './foundations/log.ts';
import { mibBytes } from './foundations/sizes.ts';
import { reservedDiskBytes } from './host/disk-reserve.ts';

const parts = 4;
/** Of a small disk as much as its reserve. */
const maxBytes = 64 * mibBytes;
/** A start needs no more: sockets, pids, the catalog's shared memory. */
const startBytes = 4 * mibBytes;
const remakeEveryMs = 30_000;

export class Ballast {
  readonly #file: string;
  readonly #bytes: number;
  readonly #log: Log;
  #making = false;
  /** Until it is kept. */
  #starting = true;
  /** Grows with each part that is given up: whoever makes parts at the time stops. */
  #givenUp = 0;
  #remaking?: NodeJS.Timeout;

  constructor(file: string, log: Log) {
    this.#file = file;
    const { blocks, bsize } = statfsSync(path.dirname(file));
    this.#bytes = Math.min(maxBytes, reservedDiskBytes({ diskBytes: blocks * bsize }));
    this.#log = log;
  }

  /**
   * On a full disk a start takes a part, be it the last. To be called before anything is written.
   */
  makeRoomForStart(): void {
    const { bavail, bsize } = statfsSync(path.dirname(this.#file));
    if (bavail * bsize < startBytes) this.#giveUp(0);
  }

  /**
   * Makes it, and from time to time what was given up, as long as there is room for more than that.
   */
  keep(): void {
    this.#starting = false;
    void this.#make();
    this.#remaking = setInterval(() => void this.#make(), remakeEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.#remaking);
    this.#givenUp++;
  }

  /**
   * True when there is more room now. A start that is not over takes the last part, too.
   * Synchronous: who asks is in the middle of a write.
   */
  giveUp(): boolean {
    return this.#giveUp(this.#starting ? 0 : this.#partBytes);
  }

  #giveUp(keptBytes: number): boolean {
    this.#givenUp++;
    const sizeBytes = this.#sizeBytes;
    if (sizeBytes <= keptBytes) return false;
    const leftBytes = Math.max(keptBytes, sizeBytes - this.#partBytes);
    truncateSync(this.#file, leftBytes);
    this.#log.warn('the disk is full: some of what was kept for that is given up', { leftBytes });
    return true;
  }

  get #partBytes(): number {
    return Math.ceil(this.#bytes / parts);
  }

  get #sizeBytes(): number {
    return statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Never rejects. */
  async #make(): Promise<void> {
    if (this.#making) return;
    this.#making = true;
    try {
      await this.#append(this.#bytes - this.#sizeBytes);
    } catch (error) {
      this.#log.warn('there is no room to be kept for a full disk', { error });
    } finally {
      this.#making = false;
    }
  }

  async #append(missingBytes: number): Promise<void> {
    if (missingBytes <= 0) return;
    const { bavail, blocks, bsize } = await statfs(path.dirname(this.#file));
    const reserveBytes = reservedDiskBytes({ diskBytes: blocks * bsize });
    if (bavail * bsize < missingBytes + reserveBytes) return;
    const bytes = randomFillSync(Buffer.alloc(mibBytes));
    const givenUp = this.#givenUp;
    await using handle = await open(this.#file, 'a', 0o600);
    for (let left = missingBytes; left > 0 && givenUp === this.#givenUp; left -= bytes.length) {
      await handle.writeFile(bytes.subarray(0, Math.min(left, bytes.length)));
    }
  }
}
