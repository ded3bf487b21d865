/** Whether it is worth trying to compress a block, found out by a part of it. Pure. */
import { constants, zstdCompressSync } from 'node:zlib';
import { blockSizeBytes } from './block-store.ts';

/** Of a block that is compressed to see whether all of it is worth it: as much in each part. */
const sampleParts = 8;
const samplePartBytes = 4096;
/** What of the sample stays, at least, where nothing is to be gained. */
const incompressibleRatio = 0.97;
/** Of its bytes, as many are counted as tell. */
const countEvery = 8;
/** Of the sum of squares that bytes at random come to. */
const evenRatio = 1.5;

const sample = new Uint8Array(sampleParts * samplePartBytes);
/** The level is that of blocks. */
const sampleOptions = {
  params: { [constants.ZSTD_c_compressionLevel]: 1 },
  chunkSize: 2 * sample.length,
};

/**
 * What is compressed or encrypted already is found out by a sample: what lies between its parts and
 * could be saved is less than would be worth it.
 */
export function isIncompressible(plain: Uint8Array): boolean {
  if (plain.length < blockSizeBytes) return false;
  const stride = blockSizeBytes / sampleParts;
  for (let part = 0; part < sampleParts; part++) {
    const at = part * stride;
    sample.set(plain.subarray(at, at + samplePartBytes), part * samplePartBytes);
  }
  if (!isEven(sample)) return false;
  return zstdCompressSync(sample, sampleOptions).length >= sample.length * incompressibleRatio;
}

/** Each byte is there about as often as others: of most blocks this alone shows that it is not so. */
function isEven(bytes: Uint8Array): boolean {
  const times = new Uint16Array(256);
  let counted = 0;
  for (let at = 0; at < bytes.length; at += countEvery) {
    const byte = bytes[at] as number;
    times[byte] = (times[byte] as number) + 1;
    counted++;
  }
  let squares = 0;
  for (const count of times) squares += count * count;
  return squares <= evenRatio * (counted + (counted * counted) / times.length);
}
