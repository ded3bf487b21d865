/**
 * One block as a file: an encoding byte, then the block's bytes as that encoding has them (docs/design/block-format.md).
 * Pure: no I/O. Decoding bounds what hostile bytes can cost, and leaves the digest to the caller.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { blockSizeBytes } from '../block-store.ts';

const rawEncoding = 0;
const zstdEncoding = 1;

/** Less saving than this is not worth decompressing at every read. */
const worthwhileRatio = 0.9;

/** Level 1: 427 MB/s per core here; level 3 is a third slower and saves 5 % more. */
const compressOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: blockSizeBytes,
};
/** A frame can claim any size: nothing over a block is ever inflated. */
const decompressOptions = { maxOutputLength: blockSizeBytes, chunkSize: blockSizeBytes };

/** The parts of the file, to be written one after the other. */
export function encodeBlock(plain: Buffer): Buffer[] {
  const compressed = zstdCompressSync(plain, compressOptions);
  return compressed.length <= plain.length * worthwhileRatio
    ? [Buffer.of(zstdEncoding), compressed]
    : [Buffer.of(rawEncoding), plain];
}

/** Throws an Error that says what is wrong with the bytes. */
export function decodeBlock(file: Buffer): Buffer {
  const payload = file.subarray(1);
  if (file[0] === rawEncoding) return payload;
  if (file[0] === zstdEncoding) return zstdDecompressSync(payload, decompressOptions);
  throw new Error(file.length === 0 ? 'the file is empty' : `unknown encoding ${file[0]}`);
}
