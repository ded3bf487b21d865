/**
 * Zstandard frames inflated into memory that is there, again and again. Node's documented functions
 * make new memory, and a new context, for each: a block's worth of pages that the kernel clears,
 * and the collector's work for what has been let go. So this goes to the handle under Node's stream
 * (`zstd-handle.ts`), of which no document speaks: it is tried first, and where it does anything
 * else than is expected of it there is none, and whoever asks does without. It knows no
 * dictionaries.
 */
import { constants, createZstdDecompress, zstdCompressSync } from 'node:zlib';
import { ZstdHandle } from '../zstd-handle.ts';

const { ZSTD_e_end: endOfFrame } = constants;

export class FrameInflater {
  #handle = newHandle();

  /** Undefined where Node has another inside than is known here. */
  static create(): FrameInflater | undefined {
    try {
      const inflater = new FrameInflater();
      return isRight(inflater) ? inflater : undefined;
    } catch {
      return undefined;
    }
  }

  /**
   * Fills the room, and says with how many bytes; throws where it is no whole frame. What else is
   * wrong with it (it has more bytes than there is room) whoever asks knows by their digest.
   */
  inflate(frame: Uint8Array, room: Uint8Array): number {
    this.#handle.reset();
    const { roomLeft, failure } = this.#handle.write(endOfFrame, frame, room);
    if (failure === undefined) return room.length - roomLeft;
    this.#handle = newHandle();
    throw new Error(failure);
  }
}

function newHandle(): ZstdHandle {
  return new ZstdHandle(createZstdDecompress());
}

/** Frames in a row, between them what is none, or none to the end; the room is of shared memory. */
function isRight(inflater: FrameInflater): boolean {
  const plain = Buffer.from('What is inflated here is the same as ever, ever, ever and ever.');
  const frame = zstdCompressSync(plain);
  const around = Buffer.from(new SharedArrayBuffer(3 * plain.length));
  const room = around.subarray(plain.length, 2 * plain.length);
  for (let times = 0; times < 2; times++) {
    room.fill(0);
    if (inflater.inflate(frame, room) !== plain.length || !room.equals(plain)) return false;
    for (const broken of [plain, frame.subarray(0, -1)]) {
      if (!isRefused(inflater, broken, room)) return false;
    }
    isRefused(inflater, frame, room.subarray(1));
  }
  const outside = [around.subarray(0, plain.length), around.subarray(2 * plain.length)];
  return outside.every((bytes) => bytes.every((byte) => byte === 0));
}

function isRefused(inflater: FrameInflater, bytes: Uint8Array, room: Uint8Array): boolean {
  try {
    inflater.inflate(bytes, room);
    return false;
  } catch {
    return true;
  }
}
