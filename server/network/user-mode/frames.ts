/**
 * The wire format of QEMU's `-netdev stream`: each Ethernet frame after its length, 4 bytes,
 * big-endian. Takes chunks as they come, whole frames are visited in place, so that a run of frames
 * can be passed on as the slice of the chunk it is; only a frame that straddles chunks is copied.
 */
export const lengthBytes = 4;

/** QEMU's own limit for a frame (NET_BUFSIZE); more means that the stream is out of step. */
export const frameMaxBytes = 4096 + 65_536;

/**
 * Bytes `start - lengthBytes` to `start` of the buffer are the frame's length; the frame ends
 * before `end`.
 */
export type FrameVisitor = (buffer: Buffer, start: number, end: number) => void;

export class FrameTooLongError extends Error {
  override name = 'FrameTooLongError';
}

export class FrameReader {
  #visit: FrameVisitor;
  /**
   * A frame that has begun, with its length; allocated for the whole of it once the length is
   * known.
   */
  #partial = Buffer.alloc(lengthBytes);
  #filled = 0;

  constructor(visit: FrameVisitor) {
    this.#visit = visit;
  }

  push(chunk: Buffer): void {
    let at = this.#filled > 0 ? this.#completePartial(chunk) : 0;
    while (at + lengthBytes <= chunk.length) {
      const end = at + lengthBytes + checkedLength(chunk.readUInt32BE(at));
      if (end > chunk.length) break;
      this.#visit(chunk, at + lengthBytes, end);
      at = end;
    }
    if (at < chunk.length) this.#completePartial(chunk.subarray(at));
  }

  /** Returns how many bytes of the chunk belonged to the frame that had begun. */
  #completePartial(chunk: Buffer): number {
    let at = this.#fill(chunk, 0);
    if (this.#filled < lengthBytes) return at;
    if (this.#partial.length === lengthBytes) {
      const length = checkedLength(this.#partial.readUInt32BE(0));
      this.#partial = Buffer.concat([this.#partial], lengthBytes + length);
      at += this.#fill(chunk, at);
    }
    if (this.#filled < this.#partial.length) return at;
    this.#visit(this.#partial, lengthBytes, this.#partial.length);
    this.#partial = Buffer.alloc(lengthBytes);
    this.#filled = 0;
    return at;
  }

  #fill(chunk: Buffer, from: number): number {
    const copied = chunk.copy(this.#partial, this.#filled, from);
    this.#filled += copied;
    return copied;
  }
}

function checkedLength(length: number): number {
  if (length > frameMaxBytes) throw new FrameTooLongError(`frame of ${length} bytes`);
  return length;
}

/** Length and frame in one buffer, ready to be written. */
export function encodeFrame(frame: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(lengthBytes + frame.length);
  encoded.writeUInt32BE(frame.length, 0);
  frame.copy(encoded, lengthBytes);
  return encoded;
}
