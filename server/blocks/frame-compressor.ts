/**
 * Blocks compressed into memory that is there, with one context again and again. Node's documented
 * functions make both anew for each block. So this goes to the handle under Node's stream
 * (`zstd-handle.ts`), as fs/frame-inflater.ts does: it is tried first, and where it does not give
 * the same bytes as the documented function there is none, and whoever asks does without. It knows
 * no dictionaries.
 */
import { constants, createZstdCompress, zstdCompressSync } from 'node:zlib';
import { blockSizeBytes } from './block-store.ts';
import { ZstdHandle } from './zstd-handle.ts';

/** Level 1: level 3 takes a third longer and saves a twentieth. */
export const compressOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: blockSizeBytes,
};
/** What a frame of a block may have at most, whatever is in it. */
export const frameMaxBytes = blockSizeBytes + 4096;

export class FrameCompressor {
  #handle = newHandle();

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
    const { roomLeft, fromLeft, failure } = this.#handle.write(constants.ZSTD_e_end, plain, room);
    if (failure === undefined && fromLeft === 0 && roomLeft > 0) return room.length - roomLeft;
    // It is in the middle of a frame.
    this.#handle = newHandle();
    throw new Error(failure ?? 'a frame has more bytes than there is room');
  }
}

function newHandle(): ZstdHandle {
  return new ZstdHandle(createZstdCompress(compressOptions));
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
