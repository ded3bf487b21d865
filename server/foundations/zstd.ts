/**
 * Bytes as one Zstandard frame on their way between two Imagos, made and read in threads. Whose
 * they are is not known: whatever a frame says of itself, it costs no more than was allowed.
 */
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Of HTTP, as a coding of contents. */
export const zstdCoding = 'zstd';
/** Of which a frame is a little longer than what is in it. */
const windowMinLog = 10;

export class UnpackError extends Error {
  override name = 'UnpackError';
}

/** Undefined where that would be no shorter. */
export async function packed(plain: Buffer): Promise<Buffer | undefined> {
  const frame = await compress(plain, { pledgedSrcSize: plain.length });
  return frame.length < plain.length ? frame : undefined;
}

/** Throws UnpackError. A frame may claim a window of any size, and memory is taken for it before. */
export async function unpacked(frame: Uint8Array, maxBytes: number): Promise<Buffer> {
  const windowLog = Math.max(windowMinLog, Math.ceil(Math.log2(maxBytes)));
  const params = { [constants.ZSTD_d_windowLogMax]: windowLog };
  try {
    return await decompress(frame, { params, maxOutputLength: maxBytes, chunkSize: maxBytes });
  } catch (error) {
    throw new UnpackError((error as Error).message);
  }
}
