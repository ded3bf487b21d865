/**
 * Reads a layer: a qcow2 file that nobody writes any more (a stopped machine's, or one under a
 * newer layer). Ours are written by a guest's QEMU, so every table is taken for hostile: what it
 * says is checked before it is followed, and nothing outside of the file is ever opened. Compressed
 * clusters and internal snapshots are refused; layers have none.
 */
import type { Files, OpenFile } from '../files/files.ts';
import { nodeFiles } from '../files/node/node-files.ts';
import { checkRange } from './disk.ts';
import {
  flagCompressed,
  flagCopied,
  flagZero,
  offsetMask,
  parseHeader,
  Qcow2Error,
  type Qcow2Header,
} from './qcow2-format.ts';

/** A part of a layer, in the volume's bytes. */
export interface Segment {
  offset: number;
  length: number;
  /** `hole`: the layer says nothing here, what is under it shows through. */
  kind: 'data' | 'zero' | 'hole';
  /** Where data lies in the file; 0 for the others. */
  fileOffset: number;
}

/** L2 tables kept: 16 of 64 KiB cover 8 GiB of volume, and a walk in order needs one. */
const l2TablesInMemory = 16;

export async function openLayer(path: string, files: Files = nodeFiles): Promise<Qcow2Layer> {
  const handle = await files.open(path, 'read');
  try {
    const { sizeBytes } = await handle.stat();
    const beginning = await readFully(handle, Math.min(sizeBytes, 2 ** 16), 0);
    const header = parseHeader(beginning, sizeBytes);
    const l1 = await readFully(handle, header.l1Entries * 8, header.l1Offset);
    return new Qcow2Layer(path, handle, header, l1, sizeBytes);
  } catch (error) {
    await handle.close();
    const { code, message } = error as NodeJS.ErrnoException;
    // That the disk does not answer says nothing about the layer.
    throw code === undefined ? new Qcow2Error(path, message) : error;
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

  constructor(path: string, handle: OpenFile, header: Qcow2Header, l1: Buffer, fileBytes: number) {
    this.path = path;
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
    if (entry & flagCompressed) throw this.#refuse('it has compressed clusters');
    if (entry & ~(offsetMask | flagCopied | flagZero)) {
      throw this.#refuse(`the entry of cluster ${cluster} has reserved bits`);
    }
    const clusterOffset = this.#checkOffset(entry & offsetMask, `cluster ${cluster}`);
    if (entry & flagZero) return { ...hole, kind: 'zero' };
    if (clusterOffset === 0) return hole;
    const fileOffset = clusterOffset + (offset % this.clusterBytes);
    return { offset, length, kind: 'data', fileOffset };
  }

  #table(offset: number): Promise<Buffer | undefined> {
    const index = Math.floor(offset / this.#tableCoverBytes);
    const known = this.#tables.get(index);
    if (known) return known;
    const table = this.#readTable(index);
    this.#tables.set(index, table);
    if (this.#tables.size > l2TablesInMemory) {
      for (const oldest of this.#tables.keys()) {
        this.#tables.delete(oldest);
        break;
      }
    }
    return table;
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
    return new Qcow2Error(this.path, detail);
  }
}

function appendSegment(segments: Segment[], next: Segment): void {
  const last = segments.at(-1);
  const continues =
    last?.kind === next.kind &&
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
