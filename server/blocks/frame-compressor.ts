/**
 * Blocks compressed into memory that is there, with one context again and again. Node's documented
 * functions make both anew for each block. So this goes to the handle under Node's stream, as
 * fs/frame-inflater.ts does: it is tried first, and where it does not give the same bytes as the
 * documented function there is none, and whoever asks does without. It knows no dictionaries.
 */
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import { blockSizeBytes } from './block-store.ts';

/** Level 1: level 3 takes a third longer and saves a twentieth. */
export const compressOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: blockSizeBytes,
};
/** What a frame of a block may have at most, whatever is in it. */
export const frameMaxBytes = blockSizeBytes + 4096;

/** Of Node's stream, as its own synchronous functions use it. */
interface Inside {
  _handle: {
    onerror(message: string): void;
    writeSync(
      flush: number,
      from: Uint8Array,
      fromOffset: number,
      fromLength: number,
      to: Uint8Array,
      toOffset: number,
      toLength: number,
    ): void;
  };
  /** What the last call has left: of the room, and of the block. */
  _writeState: Uint32Array;
}

export class FrameCompressor {
  #stream = newStream();

  /** Undefined where Node has another inside than is known here. */
  static create(): FrameCompressor | undefined {
    try {
      const compressor = new FrameCompressor();
      return isRight(compressor) ? compressor : undefined;
    } catch {
      return undefined;
    }
  }

  /** One frame at the beginning of the room, which has `frameMaxBytes`; answers how long it is. */
  compress(plain: Uint8Array, room: Uint8Array): number {
    if (room.length < frameMaxBytes) throw new RangeError(`a frame in ${room.length} bytes`);
    const { _handle: handle, _writeState: left } = this.#stream;
    let failure: string | undefined;
    handle.onerror = (message) => {
      failure = message;
    };
    handle.writeSync(constants.ZSTD_e_end, plain, 0, plain.length, room, 0, room.length);
    const [roomLeft = 0, plainLeft = 0] = left;
    if (failure === undefined && plainLeft === 0 && roomLeft > 0) return room.length - roomLeft;
    // It is in the middle of a frame.
    this.#stream = newStream();
    throw new Error(failure ?? 'a frame has more bytes than there is room');
  }
}

function newStream(): Inside {
  return createZstdCompress(compressOptions) as unknown as Inside;
}

function isRight(compressor: FrameCompressor): boolean {
  const room = new Uint8Array(frameMaxBytes);
  const texts = ['What is compressed here is as ever, ever and ever.', 'And something else, else.'];
  return [...texts, ...texts].every((text) => {
    const plain = Buffer.from(text.repeat(1000));
    const frame = room.subarray(0, compressor.compress(plain, room));
    return zstdCompressSync(plain, compressOptions).equals(frame);
  });
}
