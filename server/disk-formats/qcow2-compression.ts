/**
 * A compressed cluster of a qcow2 image: raw deflate with a window of 4 KiB, or one zstd frame, and
 * behind either whatever else is in its last sector. Pure. The bytes are hostile: what would become
 * more than a cluster is given up before it is there.
 */
import { promisify } from 'node:util';
import { constants, inflateRaw, zstdDecompress } from 'node:zlib';
import type { Compression } from '../disk/qcow2-format.ts';

const inflate = promisify(inflateRaw);
const unzstd = promisify(zstdDecompress);

const deflateWindowBits = 12;
const endBytes = 1024;
/** 8 MiB: what a compressor at its highest levels asks for, and four of the largest clusters. */
const zstdWindowBits = 23;

/** Exactly a cluster, or an Error. */
export async function decompressCluster(
  compression: Compression,
  bytes: Buffer,
  clusterBytes: number,
): Promise<Buffer> {
  // In one turn of a thread, and a little more, so that it is known to be the end.
  const chunkSize = clusterBytes + endBytes;
  const cluster =
    compression === 'deflate'
      ? await inflate(bytes, {
          chunkSize,
          windowBits: deflateWindowBits,
          maxOutputLength: clusterBytes,
        })
      : await unzstd(bytes.subarray(0, zstdFrameBytes(bytes)), {
          chunkSize,
          params: { [constants.ZSTD_d_windowLogMax]: zstdWindowBits },
          maxOutputLength: clusterBytes,
        });
  if (cluster.length !== clusterBytes) throw new Error(`it has ${cluster.length} bytes`);
  return cluster;
}

/**
 * How long the frame is that the bytes begin with (RFC 8878, 3.1.1): the decoder takes what follows
 * it for another.
 */
function zstdFrameBytes(bytes: Buffer): number {
  const byteAt = (at: number) => {
    const byte = bytes[at];
    if (byte === undefined) throw new Error('the frame does not end');
    return byte;
  };
  const descriptor = byteAt(4);
  const sizeFlag = descriptor >> 6;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = sizeFlag === 0 ? Number(single) : 2 ** sizeFlag;
  const checksumBytes = descriptor & 4 ? 4 : 0;
  let at = 5 + Number(!single) + dictionaryBytes + sizeBytes;
  for (let last = false; !last; ) {
    const header = byteAt(at) | (byteAt(at + 1) << 8) | (byteAt(at + 2) << 16);
    const type = (header >> 1) & 3;
    last = (header & 1) === 1;
    // A run is one byte, however often it is repeated.
    at += 3 + (type === 1 ? 1 : header >> 3);
  }
  return at + checksumBytes;
}
