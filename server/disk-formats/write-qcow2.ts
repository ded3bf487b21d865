/**
 * Writes a qcow2 file of version 3 that stands by itself, plain or compressed: clusters and, behind
 * those that each maps, the L2 tables; then the L1 table and the reference counts; the header last,
 * so that what was cut off is no qcow2 file.
 */
import { promisify } from 'node:util';
import { deflateRaw, zstdCompress } from 'node:zlib';
import type { Disk } from '../disk/disk.ts';
import {
  type Compression,
  flagCompressed,
  flagCopied,
  formatVersion,
  headerBytes,
  magic,
} from '../disk/qcow2-format.ts';
import { DiskFormatError } from './disk-format-error.ts';
import { diskMaxBytes } from './limits.ts';
import { type DiskSink, inOrder, Runs, unitsOf, type WriteOptions } from './written-disk.ts';

const clusterBits = 16;
const clusterBytes = 2 ** clusterBits;
const entriesOfTable = clusterBytes / 8;
const countsOfBlock = clusterBytes / 2;
const sectorBytes = 512;
/** 16-bit reference counts. */
const refcountOrder = 4;
/** The usual header, and a byte for the compression, which fills eight. */
const longHeaderBytes = headerBytes + 8;
const compressionFeature = 1n << 3n;
/** Being compressed at once, in libuv's threads. */
const compressedAtOnce = 8;

const deflate = promisify(deflateRaw);
const zstd = promisify(zstdCompress);

export interface Qcow2WriteOptions extends WriteOptions {
  /** Plain without it. */
  compression?: Compression;
}

export async function writeQcow2(
  disk: Disk,
  sink: DiskSink,
  options: Qcow2WriteOptions,
): Promise<void> {
  if (disk.sizeBytes > diskMaxBytes) {
    throw new DiskFormatError('qcow2', `the disk has ${disk.sizeBytes} bytes`, 'written');
  }
  const { compression } = options;
  const image = new Qcow2Image(sink, Math.ceil(disk.sizeBytes / 512) * 512);
  const units = unitsOf(disk, clusterBytes, options);
  const packed = inOrder(units, compression ? compressedAtOnce : 1, async ({ index, bytes }) => ({
    index,
    bytes,
    packed: compression && (await compressed(bytes, compression)),
  }));
  for await (const { index, bytes, packed: smaller } of packed) {
    await image.add(index, bytes, smaller);
  }
  await image.finish(compression);
}

/**
 * Undefined where that makes it no smaller. In one turn of a thread: the result fits into one chunk,
 * and zstd, which knows the length, needs no more memory than for it.
 */
async function compressed(bytes: Buffer, compression: Compression): Promise<Buffer | undefined> {
  const packed =
    compression === 'zstd'
      ? await zstd(bytes, { chunkSize: clusterBytes, pledgedSrcSize: bytes.length })
      : await deflate(bytes, { chunkSize: clusterBytes, windowBits: 12 });
  return packed.length < clusterBytes ? packed : undefined;
}

class Qcow2Image {
  readonly #sink: DiskSink;
  readonly #runs: Runs;
  readonly #sizeBytes: number;
  readonly #l1: Buffer;
  #table: Buffer | undefined;
  #tableIndex = 0;
  /** Of clusters that hold more than one compressed one; the others have one user each. */
  readonly #counts = new Map<number, number>();

  constructor(sink: DiskSink, sizeBytes: number) {
    this.#sink = sink;
    this.#sizeBytes = sizeBytes;
    this.#runs = new Runs(sink);
    this.#l1 = Buffer.alloc(8 * Math.ceil(sizeBytes / (entriesOfTable * clusterBytes)));
  }

  async add(index: number, bytes: Buffer, packed: Buffer | undefined): Promise<void> {
    const tableIndex = Math.floor(index / entriesOfTable);
    if (tableIndex !== this.#tableIndex) await this.#finishTable();
    this.#tableIndex = tableIndex;
    this.#table ??= Buffer.alloc(clusterBytes);
    // Cluster 0 is the header's.
    if (this.#runs.end === 0) await this.#runs.put(Buffer.alloc(0), clusterBytes);
    const entry = packed ? await this.#addPacked(packed) : await this.#addPlain(bytes);
    this.#table.writeBigUInt64BE(entry, (index % entriesOfTable) * 8);
  }

  async #addPlain(bytes: Buffer): Promise<bigint> {
    await this.#runs.align(clusterBytes);
    const at = this.#runs.end;
    await this.#runs.put(bytes);
    return BigInt(at) | flagCopied;
  }

  /** Byte behind byte; the entry has how many sectors it goes on into. */
  async #addPacked(packed: Buffer): Promise<bigint> {
    const at = this.#runs.end;
    const end = at + packed.length;
    const sectors = Math.floor((end - 1) / sectorBytes) - Math.floor(at / sectorBytes);
    const lastByte = (Math.floor(at / sectorBytes) + sectors + 1) * sectorBytes - 1;
    const [first, last] = [at, lastByte].map((byte) => Math.floor(byte / clusterBytes));
    for (let cluster = first as number; cluster <= (last as number); cluster++) {
      this.#counts.set(cluster, (this.#counts.get(cluster) ?? 0) + 1);
    }
    await this.#runs.put(packed);
    return BigInt(at) | (BigInt(sectors) << BigInt(62 - (clusterBits - 8))) | flagCompressed;
  }

  async #finishTable(): Promise<void> {
    if (!this.#table) return;
    await this.#runs.align(clusterBytes);
    this.#l1.writeBigUInt64BE(BigInt(this.#runs.end) | flagCopied, this.#tableIndex * 8);
    await this.#runs.put(this.#table);
    this.#table = undefined;
  }

  async finish(compression: Compression | undefined): Promise<void> {
    await this.#finishTable();
    if (this.#runs.end === 0) await this.#runs.put(Buffer.alloc(0), clusterBytes);
    await this.#runs.align(clusterBytes);
    const l1At = this.#runs.end;
    await this.#runs.put(this.#l1);
    await this.#runs.align(clusterBytes);
    const used = this.#runs.end / clusterBytes;
    const { blocks, tables } = refcountClusters(used);
    const blocksAt = this.#runs.end;
    await this.#putCounts(used + blocks + tables, blocks);
    const tableAt = this.#runs.end;
    const table = Buffer.alloc(tables * clusterBytes);
    for (let n = 0; n < blocks; n++) {
      table.writeBigUInt64BE(BigInt(blocksAt + n * clusterBytes), n * 8);
    }
    await this.#runs.put(table);
    await this.#runs.flush();
    await this.#sink.truncate(this.#runs.end);
    const places = { l1At, l1Entries: this.#l1.length / 8, tableAt, tables };
    await this.#sink.write(encodeHeader(this.#sizeBytes, places, compression), 0);
  }

  async #putCounts(clusters: number, blocks: number): Promise<void> {
    for (let block = 0; block < blocks; block++) {
      const bytes = Buffer.alloc(clusterBytes);
      const first = block * countsOfBlock;
      for (let n = 0; n < countsOfBlock && first + n < clusters; n++) {
        bytes.writeUInt16BE(this.#counts.get(first + n) ?? 1, n * 2);
      }
      await this.#runs.put(bytes);
    }
  }
}

/** How many the counts themselves take, which they count, too. */
function refcountClusters(used: number): { blocks: number; tables: number } {
  let [blocks, tables] = [1, 1];
  for (;;) {
    const needed = Math.ceil((used + blocks + tables) / countsOfBlock);
    const neededTables = Math.ceil((needed * 8) / clusterBytes);
    if (needed <= blocks && neededTables <= tables) return { blocks, tables };
    [blocks, tables] = [Math.max(needed, blocks), Math.max(neededTables, tables)];
  }
}

function encodeHeader(
  sizeBytes: number,
  places: { l1At: number; l1Entries: number; tableAt: number; tables: number },
  compression: Compression | undefined,
): Buffer {
  const isZstd = compression === 'zstd';
  // A header extension of type 0 ends the list behind it.
  const header = Buffer.alloc(longHeaderBytes + 8);
  header.writeUInt32BE(magic, 0);
  header.writeUInt32BE(formatVersion, 4);
  header.writeUInt32BE(clusterBits, 20);
  header.writeBigUInt64BE(BigInt(sizeBytes), 24);
  header.writeUInt32BE(places.l1Entries, 36);
  header.writeBigUInt64BE(BigInt(places.l1At), 40);
  header.writeBigUInt64BE(BigInt(places.tableAt), 48);
  header.writeUInt32BE(places.tables, 56);
  header.writeBigUInt64BE(isZstd ? compressionFeature : 0n, 72);
  header.writeUInt32BE(refcountOrder, 96);
  header.writeUInt32BE(longHeaderBytes, 100);
  header.writeUInt8(isZstd ? 1 : 0, 104);
  return header;
}
