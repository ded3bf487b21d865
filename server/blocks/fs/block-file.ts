/**
 * One block as a file: an encoding byte, then the block's bytes as that encoding has them
 * (docs/design/block-format.md). A delta is compressed with another block, its base, as the
 * dictionary. Pure: no I/O. Decoding bounds what hostile bytes can cost.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { discard } from '../../foundations/room.ts';
import {
  BlockCorruptError,
  blockMaxBytes,
  blockSizeBytes,
  type Digest,
  digestOf,
  isSealed,
} from '../block-store.ts';
import { compressOptions, type FrameCompressor, frameMaxBytes } from '../frame-compressor.ts';
import { isIncompressible } from '../incompressible.ts';
import type { FrameInflater } from './frame-inflater.ts';

const rawEncoding = 0;
const zstdEncoding = 1;
const deltaEncoding = 2;

const digestBytes = 32;
/** What says of a file which encoding it has, and which base. */
export const headBytes = 1 + digestBytes;
/** Encoding byte and raw bytes: no valid file is longer. */
export const fileMaxBytes = 1 + blockMaxBytes;
export const encodeRoomBytes = 1 + frameMaxBytes;

/** Less saving than this is not worth decompressing at every read. */
const worthwhileRatio = 0.9;
/** A delta is read with its base: it is for blocks that are nearly the one that they replace. */
const deltaWorthwhileRatio = 0.7;
/** Of its plain bytes: a delta as small as this is not compared with anything. */
const surelySmallRatio = 0.05;

/** Tables that cover the whole dictionary, which those of level 1 do not. */
const deltaLevel = 3;
/** The window holds dictionary and block. */
const deltaWindowLog = 20;
/** A frame can claim any size: nothing over a block is ever inflated. */
const decompressOptions = { maxOutputLength: blockSizeBytes, chunkSize: blockSizeBytes };
/** Bytes that begin so are a trained dictionary to Zstandard, and not plain ones. */
const trainedDictionaryMagic = Buffer.of(0x37, 0xa4, 0x30, 0xec);

/** The block that one replaces, as the file of it has it. */
export interface Base {
  digest: Digest;
  plain: Buffer;
}

/** Memory in which a file is made, again and again. */
export interface EncodeSpace {
  /** At least `encodeRoomBytes`. */
  room: Buffer;
  compressor?: FrameCompressor;
}

/** The whole file, at the beginning of the space's room, or in memory that nobody else has. */
export function encodeBlock(plain: Uint8Array, base?: Base, space?: EncodeSpace): Buffer {
  if (isSealed(plain)) return fileOf(Buffer.of(rawEncoding), plain, space);
  const delta = base && canBeBase(base.plain) ? compressDelta(plain, base) : undefined;
  if (delta && delta.length <= plain.length * surelySmallRatio) return moved(delta, space);
  const whole = encodeWhole(plain, space);
  if (!delta || delta.length > (whole.length - 1) * deltaWorthwhileRatio) return whole;
  return moved(delta, space);
}

function encodeWhole(plain: Uint8Array, space?: EncodeSpace): Buffer {
  const raw = () => fileOf(Buffer.of(rawEncoding), plain, space);
  if (isIncompressible(plain)) return raw();
  const mostBytes = plain.length * worthwhileRatio;
  if (space?.compressor) {
    const { room, compressor } = space;
    const length = compressor.compress(plain, room.subarray(1));
    if (length > mostBytes) return raw();
    room[0] = zstdEncoding;
    return room.subarray(0, 1 + length);
  }
  const compressed = zstdCompressSync(plain, compressOptions);
  const isWorthwhile = compressed.length <= mostBytes;
  const file = isWorthwhile ? fileOf(Buffer.of(zstdEncoding), compressed, space) : raw();
  discardOutput(compressed);
  return file;
}

/** Of a file, or the beginning of one: the block that a reader needs too. */
export function baseOf(head: Buffer): Digest | undefined {
  if (head[0] !== deltaEncoding || head.length < headBytes) return undefined;
  return head.toString('hex', 1, headBytes);
}

/** Verifies the digest. Throws BlockCorruptError. `base`: the bytes of what `baseOf` names. */
export function decodeBlock(digest: Digest, file: Buffer, base?: Buffer): Buffer {
  const plain = inflateBlock(digest, file, base);
  if (digestOf(plain) !== digest) {
    throw new BlockCorruptError(digest, 'its bytes have another digest');
  }
  return plain;
}

/**
 * As decodeBlock, in the room where the block fits there; `inflater` saves the memory that it would
 * be inflated to before.
 */
export function decodeBlockInto(
  room: Buffer,
  digest: Digest,
  file: Buffer,
  { base, inflater }: { base?: Buffer; inflater?: FrameInflater },
): Buffer {
  const plain = inflateInto(room, digest, file, { base, inflater });
  if (digestOf(plain) === digest) return plain;
  throw new BlockCorruptError(digest, 'its bytes have another digest');
}

function inflateInto(
  room: Buffer,
  digest: Digest,
  file: Buffer,
  { base, inflater }: { base?: Buffer; inflater?: FrameInflater },
): Buffer {
  if (inflater && file[0] === zstdEncoding) {
    try {
      return room.subarray(0, inflater.inflate(file.subarray(1), room));
    } catch (error) {
      throw new BlockCorruptError(digest, (error as Error).message);
    }
  }
  const plain = inflateBlock(digest, file, base);
  if (plain.length > room.length) return plain;
  const block = room.subarray(0, plain.length);
  block.set(plain);
  if (file[0] !== rawEncoding) discardOutput(plain);
  return block;
}

/** Verifies nothing: for a base, which the digest of what is made of it verifies. */
export function inflateBlock(digest: Digest, file: Buffer, base?: Buffer): Buffer {
  try {
    return inflate(file, base);
  } catch (error) {
    throw new BlockCorruptError(digest, (error as Error).message);
  }
}

function compressDelta(plain: Uint8Array, base: Base): Buffer {
  const frame = zstdCompressSync(plain, {
    chunkSize: blockSizeBytes,
    dictionary: base.plain,
    params: {
      [constants.ZSTD_c_compressionLevel]: deltaLevel,
      [constants.ZSTD_c_windowLog]: deltaWindowLog,
    },
  });
  const file = fileOf(Buffer.from(`02${base.digest}`, 'hex'), frame);
  discardOutput(frame);
  return file;
}

/** Of Zstandard: a view of the buffer that was made for it. */
function discardOutput({ buffer }: Uint8Array): void {
  if (buffer.byteLength === blockSizeBytes) discard(new Uint8Array(buffer));
}

function canBeBase(plain: Buffer): boolean {
  return plain.length > 0 && !plain.subarray(0, 4).equals(trainedDictionaryMagic);
}

function fileOf(head: Buffer, payload: Uint8Array, space?: EncodeSpace): Buffer {
  const length = head.length + payload.length;
  const file = space ? space.room.subarray(0, length) : Buffer.allocUnsafeSlow(length);
  file.set(head);
  file.set(payload, head.length);
  return file;
}

function moved(file: Buffer, space?: EncodeSpace): Buffer {
  if (!space) return file;
  const { length } = file;
  space.room.set(file);
  discard(file);
  return space.room.subarray(0, length);
}

function inflate(file: Buffer, base: Buffer | undefined): Buffer {
  switch (file[0]) {
    case rawEncoding:
      return file.subarray(1);
    case zstdEncoding:
      return zstdDecompressSync(file.subarray(1), decompressOptions);
    case deltaEncoding:
      if (!base || !canBeBase(base)) throw new Error('it has no base');
      return zstdDecompressSync(file.subarray(headBytes), {
        ...decompressOptions,
        dictionary: base,
      });
    default:
      throw new Error(file.length === 0 ? 'the file is empty' : `unknown encoding ${file[0]}`);
  }
}
