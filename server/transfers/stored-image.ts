/**
 * An image, or an archived snapshot, as one file: what it says of itself, and every block of its
 * disks once (docs/design/stored-image.md, byte by byte). Written from front to back, read likewise.
 * A reader believes nothing: blocks are named by what they are, a disk may name only blocks that are
 * in the file, and the whole has a digest.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import { readBlockMap } from '../blocks/block-map.ts';
import {
  BlockMissingError,
  type BlockReader,
  type BlockWriter,
  blockSizeBytes,
  type Digest,
  digestOf,
  isSealed,
} from '../blocks/block-store.ts';
import { MalformedMapError } from '../blocks/map-pages.ts';
import type { RandomAccess } from '../disk-formats/random-access.ts';

const magic = 'IMAGOAMI';
const version = 1;
const sealedVersion = 2;
const headBytes = 16;
const manifestMaxBytes = 1024 ** 2;
const digestBytes = 32;
const recordHeadBytes = digestBytes + 4;
const encodings = { raw: 0, zstd: 1 } as const;
/** Worth its time from a tenth saved on, as in the block store. */
const savedShare = 0.1;
const commitEveryBlocks = 256;
/** Compressed at the same time; more would take the processors from guests. */
const recordsAhead = 2;
const usualLevel = 1;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);

/** Of the file's bytes: another try finds the same. */
export class StoredImageError extends Error {
  override name = 'StoredImageError';
}

/** Appends; resolves when more may come. */
export type Append = (bytes: Buffer) => Promise<void>;

export interface Progress {
  onProgress?: (doneBlocks: number, totalBlocks: number) => void;
  signal?: AbortSignal;
}

export interface StoredDisk {
  reader: BlockReader;
  root: Digest;
}

export interface WriteOptions extends Progress {
  /** Blocks of an image are sealed, and stay so: whoever does not know of that is to refuse it. */
  sealed?: boolean;
  /** Zstandard's. */
  level?: number;
}

export interface ReadOptions extends Progress {
  /** More than a block of a volume has where blocks may be sealed. */
  blockMaxBytes?: number;
}

export async function writeStoredImage(
  append: Append,
  manifest: object,
  disks: readonly StoredDisk[],
  { onProgress, signal, level = usualLevel, sealed = false }: WriteOptions = {},
): Promise<void> {
  const hash = createHash('sha256');
  const put = async (bytes: Buffer) => {
    hash.update(bytes);
    await append(bytes);
  };
  const text = Buffer.from(JSON.stringify(manifest));
  const head = Buffer.alloc(headBytes);
  head.write(magic, 'latin1');
  head.writeUInt32BE(sealed ? sealedVersion : version, 8);
  head.writeUInt32BE(text.length, 12);
  await put(Buffer.concat([head, text]));
  const written = new Set<Digest>();
  const total = await blocksOf(disks);
  const ahead: Promise<Buffer>[] = [];
  const putNext = async () => {
    await put((await ahead.shift()) as Buffer);
    onProgress?.(written.size - ahead.length, total);
  };
  for (const { reader, root } of disks) {
    for await (const digest of digestsOf(reader, root)) {
      signal?.throwIfAborted();
      if (written.has(digest)) continue;
      written.add(digest);
      const next = reader.get(digest).then((plain) => record(digest, plain, level));
      // Whoever comes to it hears of its failure.
      next.catch(() => {});
      ahead.push(next);
      if (ahead.length > recordsAhead) await putNext();
    }
  }
  while (ahead.length > 0) await putNext();
  await put(Buffer.alloc(recordHeadBytes));
  await append(hash.digest());
}

/** At most: what is there twice is written once. */
async function blocksOf(disks: readonly StoredDisk[]): Promise<number> {
  let blocks = 0;
  for (const { reader, root } of disks) {
    const map = await readBlockMap(reader, root);
    blocks += 1 + map.leaves.length + map.fullSizeBytes / blockSizeBytes;
  }
  return blocks;
}

/** Of all that a map needs: each page before what it names. */
async function* digestsOf(reader: BlockReader, root: Digest): AsyncIterable<Digest> {
  const map = await readBlockMap(reader, root);
  yield* map.pages();
  for await (const { digest } of map.entries()) yield digest;
}

async function record(digest: Digest, plain: Buffer, level: number): Promise<Buffer> {
  // What is encrypted has nothing to save.
  const packed = isSealed(plain) ? plain : await compressed(plain, level);
  const isShorter = packed.length <= plain.length * (1 - savedShare);
  const bytes = isShorter ? packed : plain;
  const head = Buffer.alloc(recordHeadBytes + 1);
  head.write(digest, 'hex');
  head.writeUInt32BE(bytes.length + 1, digestBytes);
  head.writeUInt8(isShorter ? encodings.zstd : encodings.raw, recordHeadBytes);
  return Buffer.concat([head, bytes]);
}

function compressed(plain: Buffer, level: number): Promise<Buffer> {
  // That its size is known keeps the tables of high levels from being made for any size.
  const params = { [constants.ZSTD_c_compressionLevel]: level };
  return compress(plain, { params, pledgedSrcSize: plain.length });
}

/** What the image says of itself: JSON, not checked. */
export async function readManifest(file: RandomAccess): Promise<unknown> {
  return JSON.parse((await manifestBytes(file)).toString('utf8'), refuseProto) as unknown;
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new StoredImageError('It is no image that was stored.');
  return value;
}

async function manifestBytes(file: RandomAccess): Promise<Buffer> {
  if (file.sizeBytes < headBytes) throw damaged('it is too short');
  const head = await file.read(0, headBytes);
  if (head.toString('latin1', 0, 8) !== magic) throw damaged('it does not begin as one');
  if (![version, sealedVersion].includes(head.readUInt32BE(8))) {
    throw damaged(`it has version ${head.readUInt32BE(8)}, which a newer Imago may know`);
  }
  const length = head.readUInt32BE(12);
  if (length > manifestMaxBytes || headBytes + length > file.sizeBytes) {
    throw damaged('it says that it says more of itself than it has room for');
  }
  return file.read(headBytes, length);
}

/** Into a store, durably: every block, and the maps with these roots. */
export async function readStoredImage(
  file: RandomAccess,
  writer: BlockWriter,
  roots: readonly Digest[],
  options: ReadOptions = {},
): Promise<{ fullSizeBytes: number; sizeBytes: number }[]> {
  const there = new Set<Digest>();
  for await (const { digest, plain } of blocksIn(file, options)) {
    await writer.put(plain);
    there.add(digest);
    if (there.size % commitEveryBlocks === 0) await writer.commit();
  }
  const disks = [];
  for (const root of roots) disks.push(await checkDisk(writer, root, there));
  await writer.commit();
  return disks;
}

/** Reads all of it, and of its maps these: throws where anything is not as it should be. */
export async function verifyStoredImage(
  file: RandomAccess,
  roots: readonly Digest[],
  options: ReadOptions = {},
): Promise<void> {
  const blocks = await StoredBlocks.open(file, options);
  for (const root of roots) await checkDisk(blocks, root, blocks);
}

/** The blocks of a file that was read once, and found whole, where they are in it. */
export class StoredBlocks implements BlockReader {
  readonly #file: RandomAccess;
  readonly #options: ReadOptions;
  readonly #places = new Map<Digest, { at: number; length: number }>();

  private constructor(file: RandomAccess, options: ReadOptions) {
    this.#file = file;
    this.#options = options;
  }

  static async open(file: RandomAccess, options: ReadOptions = {}): Promise<StoredBlocks> {
    const blocks = new StoredBlocks(file, options);
    for await (const { digest, at, length } of blocksIn(file, options)) {
      blocks.#places.set(digest, { at, length });
    }
    return blocks;
  }

  has(digest: Digest): Promise<boolean> {
    return Promise.resolve(this.#places.has(digest));
  }

  async get(digest: Digest): Promise<Buffer> {
    const place = this.#places.get(digest);
    if (!place) throw new BlockMissingError(digest);
    const { blockMaxBytes } = this.#options;
    const block = await plainOf(await this.#file.read(place.at, place.length), blockMaxBytes);
    if (digestOf(block) !== digest) throw damaged(`the block ${digest} has changed`);
    return block;
  }
}

interface BlockInFile {
  digest: Digest;
  plain: Buffer;
  /** Of its encoded bytes. */
  at: number;
  length: number;
}

/** Each is what it is called; that the last one came says that the whole file is as it was written. */
async function* blocksIn(
  file: RandomAccess,
  { onProgress, signal, blockMaxBytes = blockSizeBytes }: ReadOptions,
): AsyncGenerator<BlockInFile> {
  const hash = createHash('sha256');
  let at = headBytes + (await manifestBytes(file)).length;
  hash.update(await file.read(0, at));
  const take = async (length: number, what: string) => {
    if (at + length > file.sizeBytes) throw damaged(`it ends within ${what}`);
    const bytes = await file.read(at, length);
    at += length;
    return bytes;
  };
  for (;;) {
    signal?.throwIfAborted();
    const head = await take(recordHeadBytes, 'its blocks');
    hash.update(head);
    const length = head.readUInt32BE(digestBytes);
    if (length === 0) break;
    if (length > 1 + blockMaxBytes) throw damaged(`a block of it has ${length} bytes`);
    const bytes = await take(length, 'a block');
    hash.update(bytes);
    const digest = head.toString('hex', 0, digestBytes);
    const plain = await plainOf(bytes, blockMaxBytes);
    if (digestOf(plain) !== digest) throw damaged(`the block ${digest} is not what it is called`);
    yield { digest, plain, at: at - length, length };
    onProgress?.(at, file.sizeBytes);
  }
  const digest = await take(digestBytes, 'its digest');
  if (!digest.equals(hash.digest()) || at !== file.sizeBytes) {
    throw damaged('its digest is another one');
  }
}

async function plainOf(bytes: Buffer, maxOutputLength = blockSizeBytes): Promise<Buffer> {
  const rest = bytes.subarray(1);
  if (bytes[0] === encodings.raw && rest.length > 0) return rest;
  if (bytes[0] !== encodings.zstd) throw damaged('a block of it is encoded in a way of its own');
  try {
    return await decompress(rest, { maxOutputLength });
  } catch {
    throw damaged('a block of it cannot be unpacked');
  }
}

/** Blocks that the store has for others are no part of it. */
async function checkDisk(
  reader: BlockReader,
  root: Digest,
  there: { has(digest: Digest): boolean | Promise<boolean> },
) {
  const check = async (digest: Digest) => {
    if (!(await there.has(digest))) throw damaged(`the block ${digest} is not in it`);
  };
  await check(root);
  try {
    const map = await readBlockMap(reader, root);
    for (const page of map.pages()) await check(page);
    for await (const { digest } of map.entries()) await check(digest);
    return { sizeBytes: map.sizeBytes, fullSizeBytes: map.fullSizeBytes };
  } catch (error) {
    if (error instanceof MalformedMapError) throw damaged('a map of it is none');
    throw error;
  }
}

export function damaged(why: string): StoredImageError {
  return new StoredImageError(`It is no image that was stored, or is damaged: ${why}.`);
}
