/**
 * Where the parts of a qcow2 file are: its L1 and L2 tables. The file is a layer, or an image from
 * elsewhere; either is taken for hostile: what a table says is checked before it is followed. Reads
 * tables and nothing else.
 */
import { checkRange } from './disk.ts';
import {
  flagCompressed,
  flagCopied,
  flagZero,
  offsetMask,
  type Qcow2Header,
} from './qcow2-format.ts';

/** A part of a file, in the bytes of its disk. */
export interface Segment {
  offset: number;
  length: number;
  /** `hole`: the file says nothing here, what is under it shows through. */
  kind: 'data' | 'zero' | 'hole';
  /** Where data lies in the file; 0 for the others. */
  fileOffset: number;
  /** Of data that is compressed, a cluster at a time: how long it is in the file, at most. */
  compressedBytes?: number;
}

export interface Qcow2File {
  header: Qcow2Header;
  l1: Buffer;
  fileBytes: number;
  /** Exactly so many bytes. */
  read(length: number, offset: number): Promise<Buffer>;
  refuse(detail: string): Error;
}

const sectorBytes = 512;
/** L2 tables kept: 16 of 64 KiB cover 8 GiB of volume, and a walk in order needs one. */
const l2TablesInMemory = 16;

export class Qcow2Map {
  readonly sizeBytes: number;
  readonly clusterBytes: number;
  readonly #file: Qcow2File;
  /** Bytes of the disk that one L2 table maps. */
  readonly #tableCoverBytes: number;
  readonly #tables = new Map<number, Promise<Buffer | undefined>>();

  constructor(file: Qcow2File) {
    this.#file = file;
    this.sizeBytes = file.header.sizeBytes;
    this.clusterBytes = 2 ** file.header.clusterBits;
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
   * What the file says of a range: segments in order that cover it exactly, neighbours of a kind
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

  #segment(table: Buffer | undefined, offset: number, length: number): Segment {
    const hole: Segment = { offset, length, kind: 'hole', fileOffset: 0 };
    if (!table) return hole;
    const cluster = Math.floor(offset / this.clusterBytes);
    const entry = table.readBigUInt64BE((cluster % (this.clusterBytes / 8)) * 8);
    if (entry === 0n) return hole;
    if (entry & flagCompressed) return this.#compressed(entry, offset, length);
    if (entry & flagZero && this.#file.header.version === 2) {
      throw this.#file.refuse(`the entry of cluster ${cluster} has reserved bits`);
    }
    if (entry & ~(offsetMask | flagCopied | flagZero)) {
      throw this.#file.refuse(`the entry of cluster ${cluster} has reserved bits`);
    }
    const clusterOffset = this.#checkOffset(entry & offsetMask, `cluster ${cluster}`);
    if (entry & flagZero) return { ...hole, kind: 'zero' };
    if (clusterOffset === 0) return hole;
    const fileOffset = clusterOffset + (offset % this.clusterBytes);
    return { offset, length, kind: 'data', fileOffset };
  }

  /** The lower bits are where it begins, those above how many sectors it goes on into. */
  #compressed(entry: bigint, offset: number, length: number): Segment {
    if (!this.#file.header.compression) throw this.#file.refuse('it has compressed clusters');
    const offsetBits = BigInt(62 - (this.#file.header.clusterBits - 8));
    const fileOffset = Number(entry & ((1n << offsetBits) - 1n));
    const sectors = Number((entry & (flagCompressed - 1n)) >> offsetBits) + 1;
    const end = Math.min(
      (Math.floor(fileOffset / sectorBytes) + sectors) * sectorBytes,
      this.#file.fileBytes,
    );
    if (entry & flagCopied || fileOffset >= end) {
      const cluster = Math.floor(offset / this.clusterBytes);
      throw this.#file.refuse(`compressed cluster ${cluster} is not inside the file`);
    }
    return { offset, length, kind: 'data', fileOffset, compressedBytes: end - fileOffset };
  }

  #table(offset: number): Promise<Buffer | undefined> {
    const index = Math.floor(offset / this.#tableCoverBytes);
    return remembered(this.#tables, index, l2TablesInMemory, () => this.#readTable(index));
  }

  async #readTable(index: number): Promise<Buffer | undefined> {
    const entry = this.#file.l1.readBigUInt64BE(index * 8);
    if (entry & ~(offsetMask | flagCopied)) {
      throw this.#file.refuse(`L1 entry ${index} has reserved bits`);
    }
    const tableOffset = this.#checkOffset(entry & offsetMask, `L2 table ${index}`);
    if (tableOffset === 0) return undefined;
    if (tableOffset + this.clusterBytes > this.#file.fileBytes) {
      throw this.#file.refuse(`L2 table ${index} is not inside the file`);
    }
    return this.#file.read(this.clusterBytes, tableOffset);
  }

  #checkOffset(entryOffset: bigint, what: string): number {
    const offset = Number(entryOffset);
    if (offset % this.clusterBytes !== 0) throw this.#file.refuse(`${what} is not aligned`);
    if (offset > 0 && offset >= this.#file.fileBytes) {
      throw this.#file.refuse(`${what} is beyond the end of the file`);
    }
    return offset;
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
  // What failed is asked for anew.
  made.catch(() => known.delete(key));
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
