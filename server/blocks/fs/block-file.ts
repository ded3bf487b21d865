/**
 * One block as a file: an encoding byte, then the block's bytes as that encoding has them
 * (docs/design/block-format.md). Pure: no I/O. Decoding bounds what hostile bytes can cost.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { BlockCorruptError, blockSizeBytes, type Digest, digestOf } from '../block-store.ts';

const rawEncoding = 0;
const zstdEncoding = 1;

/** Encoding byte and raw bytes: no valid file is longer. */
export const fileMaxBytes = 1 + blockSizeBytes;

/** Less saving than this is not worth decompressing at every read. */
const worthwhileRatio = 0.9;

/** Level 1: level 3 takes a third longer and saves a twentieth. */
const compressOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: blockSizeBytes,
};
/** A frame can claim any size: nothing over a block is ever inflated. */
const decompressOptions = { maxOutputLength: blockSizeBytes, chunkSize: blockSizeBytes };

/** The whole file, in memory that nobody else has. */
export function encodeBlock(plain: Uint8Array): Buffer {
  const compressed = zstdCompressSync(plain, compressOptions);
  const worthwhile = compressed.length <= plain.length * worthwhileRatio;
  const payload = worthwhile ? compressed : plain;
  const file = Buffer.allocUnsafeSlow(1 + payload.length);
  file[0] = worthwhile ? zstdEncoding : rawEncoding;
  file.set(payload, 1);
  return file;
}

/** Verifies the digest. Throws BlockCorruptError. */
export function decodeBlock(digest: Digest, file: Buffer): Buffer {
  let plain: Buffer;
  try {
    plain = inflate(file);
  } catch (error) {
    throw new BlockCorruptError(digest, (error as Error).message);
  }
  if (digestOf(plain) !== digest) {
    throw new BlockCorruptError(digest, 'its bytes have another digest');
  }
  return plain;
}

function inflate(file: Buffer): Buffer {
  const payload = file.subarray(1);
  if (file[0] === rawEncoding) return payload;
  if (file[0] === zstdEncoding) return zstdDecompressSync(payload, decompressOptions);
  throw new Error(file.length === 0 ? 'the file is empty' : `unknown encoding ${file[0]}`);
}
