/**
 * What a TCP endpoint has written and the guest has not acknowledged yet. Each write keeps the hop
 * limit that it was written with, however often and whenever its bytes are sent; no piece mixes two
 * limits.
 */
export class SendQueue {
  #writes: { bytes: Buffer; hops: number }[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(bytes: Buffer, hops: number): void {
    this.#writes.push({ bytes, hops });
    this.#length += bytes.length;
  }

  /** At most so many bytes from `offset` (before the end) on, as they may leave in one segment. */
  piece(offset: number, maxBytes: number): { bytes: Buffer; hops: number } {
    let start = offset;
    for (const { bytes, hops } of this.#writes) {
      if (start < bytes.length) return { bytes: bytes.subarray(start, start + maxBytes), hops };
      start -= bytes.length;
    }
    throw new RangeError(`nothing is written at ${offset}`);
  }

  /** Forgets bytes that were acknowledged; more than there are is all of them. */
  drop(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    while (left > 0) {
      const [first] = this.#writes;
      if (!first) return;
      if (left < first.bytes.length) {
        first.bytes = first.bytes.subarray(left);
        return;
      }
      left -= first.bytes.length;
      this.#writes.shift();
    }
  }

  clear(): void {
    this.#writes = [];
    this.#length = 0;
  }
}
