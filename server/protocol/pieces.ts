/**
 * A text that is being written, kept as bytes in pieces: strings that grow by `+=` are trees of their parts, and the tree of a
 * large answer would live long enough to be expensive to collect. `cut` is for whoever writes lists, after each entry.
 */
const pieceChars = 32 * 1024;

export class Pieces {
  /** To be added to. */
  text = '';
  readonly #done: Buffer[] = [];

  cut(): void {
    if (this.text.length < pieceChars) return;
    this.#done.push(Buffer.from(this.text));
    this.text = '';
  }

  /** All of it; nothing is to be added after that. */
  bytes(): readonly Buffer[] {
    return [...this.#done, Buffer.from(this.text)];
  }
}
