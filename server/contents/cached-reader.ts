/**
 * A part of a disk, read in pieces of which the last ones are kept: for inodes and folders, which
 * lie together and are read one by one. What files hold is read past it.
 */
import type { BoundedReader } from './bounded-reader.ts';

/** Hundreds of inodes. */
const pieceBytes = 64 * 1024;
/** The inodes of a whole system fit, with its folders. */
const piecesMax = 384;

export class CachedReader {
  readonly #reader: BoundedReader;
  /** By their index, the one that was used last at the end. */
  readonly #pieces = new Map<number, Buffer>();

  constructor(reader: BoundedReader) {
    this.#reader = reader;
  }

  /** Not to be written to: others are answered by the same bytes. */
  async read(offset: number, length: number): Promise<Buffer> {
    // Refuses what is not there before anything is read.
    if (!this.#reader.has(offset, length)) return this.#reader.read(offset, length);
    const first = Math.floor(offset / pieceBytes);
    const last = Math.floor((offset + Math.max(length, 1) - 1) / pieceBytes);
    const within = offset - first * pieceBytes;
    if (first === last) {
      const piece = this.#pieces.get(first) ?? (await this.#piece(first));
      return piece.subarray(within, within + length);
    }
    if (last - first >= piecesMax / 2) return this.#reader.read(offset, length);
    const pieces: Buffer[] = [];
    for (let index = first; index <= last; index++) pieces.push(await this.#piece(index));
    return Buffer.concat(pieces).subarray(within, within + length);
  }

  async #piece(index: number): Promise<Buffer> {
    const start = index * pieceBytes;
    const length = Math.min(pieceBytes, this.#reader.sizeBytes - start);
    const piece = this.#pieces.get(index) ?? (await this.#reader.read(start, length));
    this.#pieces.delete(index);
    this.#pieces.set(index, piece);
    if (this.#pieces.size > piecesMax) {
      for (const oldest of this.#pieces.keys()) {
        this.#pieces.delete(oldest);
        break;
      }
    }
    return piece;
  }
}
