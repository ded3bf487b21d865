/**
 * Cuts a stream of bytes into lines, for the two protocols of QEMU that send one JSON value a line
 * (QMP, guest agent). The other side may be hostile (a guest that took over its QEMU, or its
 * agent): a line has a limit. It does not parse.
 */
const newline = 0x0a;

export class LineTooLongError extends Error {
  override name = 'LineTooLongError';
}

export class LineReader {
  readonly #maxBytes: number;
  #pending: Buffer[] = [];
  #pendingBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that `chunk` completes, without their ends. Throws LineTooLongError. */
  push(chunk: Buffer): Buffer[] {
    const lines: Buffer[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(Buffer.concat(this.#pending));
      this.#pending = [];
      this.#pendingBytes = 0;
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#pendingBytes += part.length;
    if (this.#pendingBytes > this.#maxBytes) {
      throw new LineTooLongError(`a line of more than ${this.#maxBytes} bytes`);
    }
    if (part.length > 0) this.#pending.push(part);
  }
}
