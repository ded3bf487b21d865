/**
 * Reads a layer: a qcow2 file that nobody writes any more (a stopped machine's, or one under a
 * newer layer); or a vendor's image in one. They are written by a guest's QEMU, or by anybody, so
 * every table is taken for hostile: what it says is checked before it is followed, and nothing
 * outside of the file is ever opened. Internal snapshots are refused, and in layers, which have
 * none, compressed clusters.
 */
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { checkRange } from './disk.ts';
import { decompressCluster } from './qcow2-compression.ts';
import {
  flagCompressed,
  flagCopied,
  flagZero,
  offsetMask,
  parseHeader,
  Qcow2Error,
  type Qcow2Header,
  type Qcow2Kind,
} from './qcow2-format.ts';

/** A part of a layer, in the volume's bytes. */
export interface Segment {
  offset: number;
  length: number;
  /** `hole`: the layer says nothing here, what is under it shows through. */
  kind: 'data' | 'zero' | 'hole';
  /** Where data lies in the file; 0 for the others. */
  fileOffset: number;
  /** Of data that is compressed, a cluster at a time: how long it is in the file, at most. */
  compressedBytes?: number;
}

const sectorBytes = 512;
/** L2 tables kept: 16 of 64 KiB cover 8 GiB of volume, and a walk in order needs one. */
const l2TablesInMemory = 16;
/** Of decompressed clusters: one is read by several blocks, or a block reads several. */
const decompressedBytesInMemory = 8 * 1024 * 1024;

export const openLayer = (path: string, files: Files = nodeFiles) => open(path, files, 'layer');

/** Of a vendor: of version 2 as well, and compressed. */
export const openImage = (path: string, files: Files = nodeFiles) => open(path, files, 'image');

async function open(path: string, files: Files, kind: Qcow2Kind): Promise<Qcow2Layer> {
  const handle = await files.open(path, 'read');
  try {
    const { sizeBytes } = await handle.stat();
    const beginning = await readFully(handle, Math.min(sizeBytes, 2 ** 16), 0);
    const header = parseHeader(beginning, sizeBytes, kind);
    const l1 = await readFully(handle, header.l1Entries * 8, header.l1Offset);
    return new Qcow2Layer(path, handle, header, l1, sizeBytes);
  } catch (error) {
    await handle.close();
    const { code, message } = error as NodeJS.ErrnoException;
    // That the disk does not answer says nothing about the layer.
    throw code === undefined ? new Qcow2Error(path, message, kind) : error;
  }
}

export class Qcow2Layer {
  readonly path: string;
  readonly sizeBytes: number;
  readonly clusterBytes: number;
  readonly #handle: OpenFile;
  readonly #l1: Buffer;
  readonly #fileBytes: number;
  /** Guest bytes that one L2 table maps. */
  readonly #tableCoverBytes: number;
  readonly #tables = new Map<number, Promise<Buffer | undefined>>();
  readonly #header: Qcow2Header;
  /** By where they are in the file. */
  readonly #decompressed = new Map<number, Promise<Buffer>>();

  constructor(path: string, handle: OpenFile, header: Qcow2Header, l1: Buffer, fileBytes: number) {
    this.path = path;
    this.#header = header;
    this.sizeBytes = header.sizeBytes;
    this.clusterBytes = 2 ** header.clusterBits;
    this.#handle = handle;
    this.#l1 = l1;
    this.#fileBytes = fileBytes;
    this.#tableCoverBytes = (this.clusterBytes / 8) * this.clusterBytes;
  }

  /** All that is not a hole, in order. Costs what is allocated, not what the volume could hold. */
  async *allocated(): AsyncIterable<Segment> {
    for (let start = 0; start < this.sizeBytes; start += this.#tableCoverBytes) {
      if (!(await this.#table(start))) continue;
      const length = Math.min(this.#tableCoverBytes, this.sizeBytes - start);
      for (const segment of await this.segments(start, length)) {
        if (segment.kind !== 'hole') yield segment;
      }
    }
  }

  /**
   * What the layer says of a range: segments in order that cover it exactly, neighbours of a kind
   * as one.
   */
  async segments(offset: number, length: number): Promise<Segment[]> {
    checkRange(this, offset, length);
    const segments: Segment[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const table = await this.#table(at);
      const tableEnd = (Math.floor(at / this.#tableCoverBytes) + 1) * this.#tableCoverBytes;
      while (at < end && at < tableEnd) {
        const clusterEnd = (Math.floor(at / this.clusterBytes) + 1) * this.clusterBytes;
        const next = Math.min(end, table ? clusterEnd : tableEnd);
        appendSegment(segments, this.#segment(table, at, next - at));
        at = next;
      }
    }
    return segments;
  }

  /** Fills `target` with the bytes of a segment of kind `data`. */
  async readData(segment: Segment, target: Buffer): Promise<void> {
    if (segment.compressedBytes !== undefined) {
      const cluster = await this.#cluster(segment.fileOffset, segment.compressedBytes);
      const start = segment.offset % this.clusterBytes;
      cluster.copy(target, 0, start, start + segment.length);
      return;
    }
    const done = await this.#handle.read(target.subarray(0, segment.length), segment.fileOffset);
    // QEMU leaves the end of the last cluster unwritten where the guest wrote nothing there.
    target.fill(0, done, segment.length);
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  #segment(table: Buffer | undefined, offset: number, length: number): Segment {
    const hole: Segment = { offset, length, kind: 'hole', fileOffset: 0 };
    if (!table) return hole;
    const cluster = Math.floor(offset / this.clusterBytes);
    const entry = table.readBigUInt64BE((cluster % (this.clusterBytes / 8)) * 8);
    if (entry === 0n) return hole;
    if (entry & flagCompressed) return this.#compressed(entry, offset, length);
    if (entry & flagZero && this.#header.version === 2) {
      throw this.#refuse(`the entry of cluster ${cluster} has reserved bits`);
    }
    if (entry & ~(offsetMask | flagCopied | flagZero)) {
      throw this.#refuse(`the entry of cluster ${cluster} has reserved bits`);
    }
    const clusterOffset = this.#checkOffset(entry & offsetMask, `cluster ${cluster}`);
    if (entry & flagZero) return { ...hole, kind: 'zero' };
    if (clusterOffset === 0) return hole;
    const fileOffset = clusterOffset + (offset % this.clusterBytes);
    return { offset, length, kind: 'data', fileOffset };
  }

  /** The lower bits are where it begins, those above how many sectors it goes on into. */
  #compressed(entry: bigint, offset: number, length: number): Segment {
    if (!this.#header.compression) throw this.#refuse('it has compressed clusters');
    const offsetBits = BigInt(62 - (this.#header.clusterBits - 8));
    const fileOffset = Number(entry & ((1n << offsetBits) - 1n));
    const sectors = Number((entry & (flagCompressed - 1n)) >> offsetBits) + 1;
    const end = Math.min(
      (Math.floor(fileOffset / sectorBytes) + sectors) * sectorBytes,
      this.#fileBytes,
    );
    if (entry & flagCopied || fileOffset >= end) {
      const cluster = Math.floor(offset / this.clusterBytes);
      throw this.#refuse(`compressed cluster ${cluster} is not inside the file`);
    }
    return { offset, length, kind: 'data', fileOffset, compressedBytes: end - fileOffset };
  }

  #cluster(fileOffset: number, compressedBytes: number): Promise<Buffer> {
    const most = Math.max(1, Math.floor(decompressedBytesInMemory / this.clusterBytes));
    return remembered(this.#decompressed, fileOffset, most, async () => {
      const bytes = await readFully(this.#handle, compressedBytes, fileOffset);
      try {
        const { compression = 'deflate' } = this.#header;
        return await decompressCluster(compression, bytes, this.clusterBytes);
      } catch (error) {
        throw this.#refuse(
          `what is compressed at ${fileOffset} is no cluster (${(error as Error).message})`,
        );
      }
    });
  }

  #table(offset: number): Promise<Buffer | undefined> {
    const index = Math.floor(offset / this.#tableCoverBytes);
    return remembered(this.#tables, index, l2TablesInMemory, () => this.#readTable(index));
  }

  async #readTable(index: number): Promise<Buffer | undefined> {
    const entry = this.#l1.readBigUInt64BE(index * 8);
    if (entry & ~(offsetMask | flagCopied)) {
      throw this.#refuse(`L1 entry ${index} has reserved bits`);
    }
    const tableOffset = this.#checkOffset(entry & offsetMask, `L2 table ${index}`);
    if (tableOffset === 0) return undefined;
    if (tableOffset + this.clusterBytes > this.#fileBytes) {
      throw this.#refuse(`L2 table ${index} is not inside the file`);
    }
    return readFully(this.#handle, this.clusterBytes, tableOffset);
  }

  #checkOffset(entryOffset: bigint, what: string): number {
    const offset = Number(entryOffset);
    if (offset % this.clusterBytes !== 0) throw this.#refuse(`${what} is not aligned`);
    if (offset > 0 && offset >= this.#fileBytes) {
      throw this.#refuse(`${what} is beyond the end of the file`);
    }
    return offset;
  }

  #refuse(detail: string): Qcow2Error {
    return new Qcow2Error(this.path, detail, this.#header.compression ? 'image' : 'layer');
  }
}

/** What was read first is forgotten first. */
function remembered<T>(
  known: Map<number, Promise<T>>,
  key: number,
  most: number,
  read: () => Promise<T>,
): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const made = read();
  known.set(key, made);
  for (const oldest of known.keys()) {
    if (known.size <= most) break;
    known.delete(oldest);
  }
  return made;
}

function appendSegment(segments: Segment[], next: Segment): void {
  const last = segments.at(-1);
  const continues =
    last?.kind === next.kind &&
    next.compressedBytes === undefined &&
    last.compressedBytes === undefined &&
    (next.kind !== 'data' || last.fileOffset + last.length === next.fileOffset);
  if (last && continues) last.length += next.length;
  else segments.push(next);
}

async function readFully(handle: OpenFile, length: number, offset: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  if ((await handle.read(bytes, offset)) < length)
    throw new Error(`${length} bytes at ${offset} are not in the file`);
  return bytes;
}
