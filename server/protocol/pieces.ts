/**
 * A text that is being written, kept as bytes in pieces: strings that grow by `+=` are trees of
 * their parts, and the tree of a large answer would live long enough to be expensive to collect.
 * `cut` is for whoever writes lists, after each entry. What is not known yet (`later`) is written
 * when its turn comes, and nothing of it is kept: then the bytes are a stream.
 */
const pieceChars = 32 * 1024;

interface Later {
  values: AsyncIterable<unknown>;
  write: (value: unknown, to: Pieces) => void;
}

/** All at once, or one after the other as they are asked for. */
export type Bytes = readonly Buffer[] | AsyncIterable<Buffer>;

export class Pieces {
  /** To be added to. */
  text = '';
  readonly #done: (Buffer | Later)[] = [];

  cut(): void {
    if (this.text.length >= pieceChars) this.#finishPiece();
  }

  /** Here belongs what `write` makes of each of the values. */
  later(values: Later['values'], write: Later['write']): void {
    this.#finishPiece();
    this.#done.push({ values, write });
  }

  /** All of it; nothing is to be added after that. */
  bytes(): Bytes {
    this.#finishPiece();
    const done = this.#done;
    return done.every((part) => Buffer.isBuffer(part)) ? done : stream(done);
  }

  #finishPiece(): void {
    this.#done.push(Buffer.from(this.text));
    this.text = '';
  }
}

async function* stream(parts: readonly (Buffer | Later)[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    if (Buffer.isBuffer(part)) yield part;
    else {
      for await (const value of part.values) {
        const pieces = new Pieces();
        part.write(value, pieces);
        // Not `yield*`, which fails when the reader goes away in the middle of an array.
        for await (const piece of pieces.bytes()) yield piece;
      }
    }
  }
}
