/**
 * Bytes as they arrive from a socket, taken in the pieces that a parser wants; copies only where a
 * piece spans chunks.
 */
export class ByteQueue {
  #chunks: Buffer[] = [];
  /** Bytes of the first chunk that were taken. */
  #taken = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `length` bytes, or undefined while there are fewer; then nothing is taken. */
  take(length: number): Buffer | undefined {
    if (this.#length < length) return undefined;
    const first = this.#chunks[0];
    this.#length -= length;
    if (first && first.length - this.#taken >= length) {
      const piece = first.subarray(this.#taken, this.#taken + length);
      this.#advance(first, length);
      return piece;
    }
    return this.#takeAcross(length);
  }

  /** Drops up to `length` bytes and says how many. */
  skip(length: number): number {
    const dropped = Math.min(length, this.#length);
    this.take(dropped);
    return dropped;
  }

  #takeAcross(length: number): Buffer {
    const piece = Buffer.allocUnsafe(length);
    for (let filled = 0; filled < length; ) {
      const first = this.#chunks[0] as Buffer;
      const copied = first.copy(piece, filled, this.#taken);
      this.#advance(first, copied);
      filled += copied;
    }
    return piece;
  }

  #advance(first: Buffer, length: number): void {
    this.#taken += length;
    if (this.#taken === first.length) {
      this.#chunks.shift();
      this.#taken = 0;
    }
  }
}
