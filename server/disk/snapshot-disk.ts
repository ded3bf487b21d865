/**
 * A snapshot as a disk: its block map, and blocks through a cache that is shared with other disks.
 * What is cached is handed out without a copy and without a promise. Where its blocks are sealed they
 * have a reader of their own; the pages of its map never are.
 */
import { type BlockMap, readBlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes, type Digest, zeroBlock } from '../blocks/block-store.ts';
import type { PeekingBlockReader } from '../blocks/cached-block-reader.ts';
import { checkRange, type Disk, type Extent } from './disk.ts';

/** While somebody reads on from block to block, as many are read before they are asked for. */
const readAheadBlocks = 8;
/** Blocks in a row, before anything is read ahead: programs that start jump from file to file. */
const rowBlocks = 2;

/**
 * Throws where the root page is missing or malformed; leaves and blocks are read when they are
 * asked for.
 */
export async function openSnapshotDisk(
  reader: PeekingBlockReader,
  root: Digest,
  blocks: PeekingBlockReader = reader,
): Promise<SnapshotDisk> {
  return new SnapshotDisk(blocks, await readBlockMap(reader, root));
}

export class SnapshotDisk implements Disk {
  readonly sizeBytes: number;
  readonly #reader: PeekingBlockReader;
  readonly #map: BlockMap;
  /** The block that was asked for last, how many came in a row, and up to where was read ahead. */
  #last = -2;
  #row = 0;
  #ahead = -1;

  constructor(reader: PeekingBlockReader, map: BlockMap) {
    this.sizeBytes = map.sizeBytes;
    this.#reader = reader;
    this.#map = map;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    return Buffer.concat(await this.preadPieces(offset, length), length);
  }

  preadPieces(offset: number, length: number): Buffer[] | Promise<Buffer[]> {
    checkRange(this, offset, length);
    const pieces: Buffer[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / blockSizeBytes);
      const block = this.#peekBlock(index);
      if (!block) {
        const read = this.#readPieces(offset, length);
        this.#follow(offset, length);
        return read;
      }
      const from = at - index * blockSizeBytes;
      const piece = block.subarray(from, from + end - at);
      pieces.push(piece);
      at += piece.length;
    }
    this.#follow(offset, length);
    return pieces;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    checkRange(this, offset, length);
    const extents: Extent[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / blockSizeBytes);
      const next = Math.min(end, (index + 1) * blockSizeBytes);
      const zero = (await this.#map.lookup(index)) === null;
      const last = extents.at(-1);
      if (last?.zero === zero) last.length += next - at;
      else extents.push({ length: next - at, zero });
      at = next;
    }
    return extents;
  }

  /** What block `index` is; null for the zero block. */
  digestAt(index: number): Promise<Digest | null> {
    return this.#map.lookup(index);
  }

  async close(): Promise<void> {}

  #peekBlock(index: number): Buffer | undefined {
    const digest = this.#map.peek(index);
    if (digest === null) return zeroBlock;
    return digest === undefined ? undefined : this.#reader.peek(digest);
  }

  /** After the read itself was begun, which comes first. */
  #follow(offset: number, length: number): void {
    const index = Math.floor((offset + length - 1) / blockSizeBytes);
    if (index === this.#last) return;
    if (index === this.#last + 1) this.#row++;
    else {
      this.#row = 0;
      this.#ahead = index;
    }
    this.#last = index;
    if (this.#row < rowBlocks) return;
    const end = Math.min(this.#map.blockCount, index + 1 + readAheadBlocks);
    for (let next = Math.max(index, this.#ahead) + 1; next < end; next++) {
      this.#ahead = next;
      // Whoever asks for it is told what is wrong with it.
      this.#readBlock(next).catch(() => {});
    }
  }

  async #readPieces(offset: number, length: number): Promise<Buffer[]> {
    const first = Math.floor(offset / blockSizeBytes);
    const last = Math.floor((offset + length - 1) / blockSizeBytes);
    const indexes = Array.from({ length: last - first + 1 }, (_, i) => first + i);
    const blocks = await Promise.all(indexes.map((index) => this.#readBlock(index)));
    return blocks.map((block, i) => {
      const start = (indexes[i] as number) * blockSizeBytes;
      return block.subarray(Math.max(0, offset - start), offset + length - start);
    });
  }

  async #readBlock(index: number): Promise<Buffer> {
    const digest = await this.#map.lookup(index);
    if (digest === null) return zeroBlock;
    const block = await this.#reader.get(digest);
    if (block.length !== blockSizeBytes) {
      throw new Error(`block ${digest} has ${block.length} bytes and cannot be one of a volume`);
    }
    return block;
  }
}
