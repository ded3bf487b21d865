/**
 * A snapshot as a disk: its block map, and blocks through a memory that is shared with other disks.
 * What is in memory is given without a promise. Where its blocks are sealed they have a reader of
 * their own; the pages of its map never are.
 */
import { type BlockMap, readBlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes, type Digest } from '../blocks/block-store.ts';
import type { PartReader } from '../blocks/cached-block-reader.ts';
import { checkRange, type Disk, type Extent } from './disk.ts';

/** While somebody reads on from block to block, as many are read before they are asked for. */
const readAheadBlocks = 8;
/** Blocks in a row, before anything is read ahead: programs that start jump from file to file. */
const rowBlocks = 2;
/** Known by name for each disk: what a guest that is busy with half a gigabyte touches. */
const digestsMax = 1024;
const nothing = Buffer.alloc(0);

/**
 * Throws where the root page is missing or malformed; leaves and blocks are read when they are
 * asked for.
 */
export async function openSnapshotDisk(
  reader: PartReader,
  root: Digest,
  blocks: PartReader = reader,
): Promise<SnapshotDisk> {
  return new SnapshotDisk(blocks, await readBlockMap(reader, root));
}

export class SnapshotDisk implements Disk {
  readonly sizeBytes: number;
  readonly #reader: PartReader;
  readonly map: BlockMap;
  readonly #digests = new Map<number, Digest>();
  /** The block that was asked for last, how many came in a row, and up to where was read ahead. */
  #last = -2;
  #row = 0;
  #ahead = -1;

  constructor(reader: PartReader, map: BlockMap) {
    this.sizeBytes = map.sizeBytes;
    this.#reader = reader;
    this.map = map;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    const target = Buffer.allocUnsafe(length);
    await this.preadInto(offset, target);
    return target;
  }

  async preadInto(offset: number, target: Buffer): Promise<void> {
    if (this.preadNow(offset, target)) return;
    const copies: Promise<void>[] = [];
    for (const { index, from, part } of partsOf(offset, target)) {
      copies.push(this.#copyBlock(index, from, part));
    }
    this.#follow(offset, target.length);
    await Promise.all(copies);
  }

  async load(offset: number, length: number): Promise<void> {
    checkRange(this, offset, length);
    const loads: Promise<void>[] = [];
    const last = Math.floor((offset + length - 1) / blockSizeBytes);
    for (let index = Math.floor(offset / blockSizeBytes); index <= last; index++) {
      loads.push(this.#copyBlock(index, 0, nothing));
    }
    this.#follow(offset, length);
    await Promise.all(loads);
  }

  preadNow(offset: number, target: Buffer): boolean {
    checkRange(this, offset, target.length);
    const first = Math.floor(offset / blockSizeBytes);
    const from = offset - first * blockSizeBytes;
    const inOne = from + target.length <= blockSizeBytes;
    const read = inOne
      ? this.#copyNow(first, from, target)
      : partsOf(offset, target).every((each) => this.#copyNow(each.index, each.from, each.part));
    if (read) this.#follow(offset, target.length);
    return read;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    checkRange(this, offset, length);
    const extents: Extent[] = [];
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / blockSizeBytes);
      const next = Math.min(end, (index + 1) * blockSizeBytes);
      const zero = (await this.map.lookup(index)) === null;
      const last = extents.at(-1);
      if (last?.zero === zero) last.length += next - at;
      else extents.push({ length: next - at, zero });
      at = next;
    }
    return extents;
  }

  /** What block `index` is; null for the zero block. */
  digestAt(index: number): Promise<Digest | null> {
    return this.map.lookup(index);
  }

  async close(): Promise<void> {}

  #copyNow(index: number, from: number, target: Uint8Array): boolean {
    const digest = this.#digests.get(index) ?? this.#peekDigest(index);
    if (digest) return this.#reader.copyNow(digest, from, target);
    if (digest === null) target.fill(0);
    return digest === null;
  }

  /** Making the digest out of the page's bytes costs as much as looking up the block. */
  #peekDigest(index: number): Digest | null | undefined {
    const digest = this.map.peek(index);
    if (digest) {
      if (this.#digests.size === digestsMax) this.#digests.clear();
      this.#digests.set(index, digest);
    }
    return digest;
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
    const end = Math.min(this.map.blockCount, index + 1 + readAheadBlocks);
    for (let next = Math.max(index, this.#ahead) + 1; next < end; next++) {
      this.#ahead = next;
      // Whoever asks for it is told what is wrong with it.
      this.#copyBlock(next, 0, nothing).catch(() => {});
    }
  }

  async #copyBlock(index: number, from: number, target: Uint8Array): Promise<void> {
    const digest = await this.map.lookup(index);
    if (digest === null) target.fill(0);
    else await this.#reader.copy(digest, from, target);
  }
}

/** The blocks that the bytes are in, and where in each. */
function partsOf(offset: number, target: Buffer) {
  const parts: { index: number; from: number; part: Buffer }[] = [];
  for (let at = 0; at < target.length; ) {
    const index = Math.floor((offset + at) / blockSizeBytes);
    const from = offset + at - index * blockSizeBytes;
    const part = target.subarray(at, at + blockSizeBytes - from);
    parts.push({ index, from, part });
    at += part.length;
  }
  return parts;
}
