/**
 * What is read of a disk whose bytes are hostile: every read is inside its part of the disk, and
 * all reads of all parts together have one budget, so that no disk, however its structures point
 * at each other, is read for long.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { Disk } from '../disk/disk.ts';

/**
 * Of the bytes that were read, whatever they are: damaged, beyond the budget, or of a kind that is
 * not known here.
 */
export class UnreadableContents extends Error {
  override name = 'UnreadableContents';
}

export interface Budget {
  reads: number;
  bytes: number;
}

/** Far above what an ordinary image needs, by what is done with it. */
export const budgets = {
  /** A few folders and small files, by their paths. */
  look: { reads: 20_000, bytes: 256 * 1024 ** 2 },
  /** Every folder and inode of it, or every file. */
  walk: { reads: 2_000_000, bytes: 64 * 1024 ** 3 },
} as const satisfies Record<string, Budget>;

/** Reads out of a cache give nobody else a turn. */
const readsPerTurn = 32;

export class BoundedReader {
  readonly sizeBytes: number;
  readonly #disk: Disk;
  readonly #start: number;
  /** What is left, shared by all parts. */
  readonly #left: Budget;

  private constructor(disk: Disk, start: number, sizeBytes: number, left: Budget) {
    this.#disk = disk;
    this.#start = start;
    this.sizeBytes = sizeBytes;
    this.#left = left;
  }

  static of(disk: Disk, budget: Budget = budgets.look): BoundedReader {
    return new BoundedReader(disk, 0, disk.sizeBytes, { ...budget });
  }

  /** Pieces of others one after the other, within their budgets. */
  static joined(pieces: readonly Piece[]): BoundedReader {
    const sizeBytes = pieces.reduce((sum, each) => sum + each.sizeBytes, 0);
    const left = { reads: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
    return new BoundedReader(new JoinedDisk(pieces, sizeBytes), 0, sizeBytes, left);
  }

  /** A part of it; one that ends beyond it ends with it. */
  part(start: number, sizeBytes: number): BoundedReader {
    if (!isOffset(start) || !isOffset(sizeBytes) || start > this.sizeBytes) {
      throw new UnreadableContents('a part of the disk begins behind its end');
    }
    const size = Math.min(sizeBytes, this.sizeBytes - start);
    return new BoundedReader(this.#disk, this.#start + start, size, this.#left);
  }

  has(offset: number, length: number): boolean {
    return isOffset(offset) && isOffset(length) && offset + length <= this.sizeBytes;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (!this.has(offset, length)) {
      throw new UnreadableContents('something points behind the end of the disk');
    }
    const left = this.#left;
    if (left.reads < 1 || left.bytes < length) {
      throw new UnreadableContents('there is more to read than a disk should need');
    }
    left.reads--;
    left.bytes -= length;
    if (left.reads % readsPerTurn === 0) await turn();
    return this.#disk.pread(this.#start + offset, length);
  }
}

export interface Piece {
  reader: BoundedReader;
  start: number;
  sizeBytes: number;
}

class JoinedDisk implements Disk {
  readonly sizeBytes: number;
  readonly #pieces: { piece: Piece; start: number }[] = [];

  constructor(pieces: readonly Piece[], sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    let start = 0;
    for (const piece of pieces) {
      this.#pieces.push({ piece, start });
      start += piece.sizeBytes;
    }
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    const read: Buffer[] = [];
    const end = offset + length;
    for (const { piece, start } of this.#pieces) {
      const from = Math.max(offset, start);
      const to = Math.min(end, start + piece.sizeBytes);
      if (from < to) read.push(await piece.reader.read(piece.start + from - start, to - from));
    }
    return read.length === 1 ? (read[0] as Buffer) : Buffer.concat(read);
  }

  async close(): Promise<void> {}
}

/** What a reader of a file system throws of structures that cannot be. */
export function damaged(what: string): UnreadableContents {
  return new UnreadableContents(`the file system is damaged: ${what}`);
}

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
