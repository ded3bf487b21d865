/**
 * Which blocks of the disks of two images are not the same, by their maps alone; and so which
 * ranges of their file systems are. Where a block is not, and somebody asks for a part of it, both
 * are read, and compared page by page.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { BlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { diffLeaf } from '../blocks/diff-block-maps.ts';
import type { DiskPart } from '../contents/disk-contents.ts';
import type { FileSystem } from '../contents/file-system.ts';
import type { Disk } from '../disk/disk.ts';
import type { SameBlocks } from './compare-trees.ts';

/** The smallest blocks of most file systems. */
const pageBytes = 4096;
const pagesPerBlock = blockSizeBytes / pageBytes;
/** Of how many blocks it is known which pages differ. */
const comparedMax = 100_000;

/** A bit for each block of a disk. */
export class BlockSet {
  readonly #bits: Uint8Array;

  constructor(sizeBytes: number) {
    this.#bits = new Uint8Array(Math.ceil(Math.ceil(sizeBytes / blockSizeBytes) / 8));
  }

  add(index: number): void {
    const at = index >>> 3;
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (index & 7));
  }

  addRange({ offset, length }: { offset: number; length: number }): void {
    const last = Math.floor((offset + length - 1) / blockSizeBytes);
    for (let index = Math.floor(offset / blockSizeBytes); index <= last; index++) this.add(index);
  }

  /** Those beyond the disk, too. */
  has(index: number): boolean {
    const byte = this.#bits[index >>> 3];
    return byte === undefined || (byte & (1 << (index & 7))) !== 0;
  }
}

/** Room for those of a disk of `sizeBytes`, where that is larger. */
export async function changedBlocks(
  before: BlockMap,
  after: BlockMap,
  sizeBytes = 0,
): Promise<BlockSet> {
  const set = new BlockSet(Math.max(before.sizeBytes, after.sizeBytes, sizeBytes));
  const leaves = Math.max(before.leaves.length, after.leaves.length);
  for (let leaf = 0; leaf < leaves; leaf++) {
    for (const { index } of await diffLeaf(before, after, leaf)) set.add(index);
    await turn();
  }
  return set;
}

/** Two states of one disk. */
export interface ComparedDisk {
  before: Disk;
  after: Disk;
  changed: BlockSet;
}

/** By the place of a disk among the others; undefined where nothing is known of its blocks. */
export class ComparedDisks implements SameBlocks {
  readonly #parts = new Map<FileSystem, DiskPart>();
  readonly #disks: readonly (ChangedPages | undefined)[];

  constructor(parts: readonly DiskPart[], disks: readonly (ComparedDisk | undefined)[]) {
    for (const part of parts) {
      // A logical volume is not where its partition is.
      if (part.fileSystem && !part.volume) this.#parts.set(part.fileSystem, part);
    }
    this.#disks = disks.map((each) => each && new ChangedPages(each));
  }

  areInSamePlace(before: FileSystem, after: FileSystem): boolean {
    return this.#placeOf(before, after) !== undefined;
  }

  async areSame(before: FileSystem, after: FileSystem, start: number, length: number) {
    const place = this.#placeOf(before, after);
    return place !== undefined && !(await place.pages.touch(place.start + start, length));
  }

  #placeOf(before: FileSystem, after: FileSystem) {
    const [a, b] = [this.#parts.get(before), this.#parts.get(after)];
    if (!a || !b || a.disk !== b.disk || a.partition.start !== b.partition.start) return undefined;
    const pages = this.#disks[a.disk];
    return pages && { pages, start: a.partition.start };
  }
}

class ChangedPages {
  readonly #disk: ComparedDisk;
  /** A byte for each page. */
  readonly #compared = new Map<number, Promise<Uint8Array>>();

  constructor(disk: ComparedDisk) {
    this.#disk = disk;
  }

  async touch(start: number, length: number): Promise<boolean> {
    const end = start + length;
    for (let at = start; at < end; ) {
      const index = Math.floor(at / blockSizeBytes);
      const next = Math.min(end, (index + 1) * blockSizeBytes);
      if (this.#disk.changed.has(index) && (await this.#touch(index, at, next))) return true;
      at = next;
    }
    return false;
  }

  async #touch(index: number, start: number, end: number): Promise<boolean> {
    const compared = this.#compared.get(index) ?? this.#compare(index);
    if (this.#compared.size > comparedMax) this.#compared.clear();
    this.#compared.set(index, compared);
    const first = Math.floor(start / pageBytes) % pagesPerBlock;
    const count = Math.ceil(end / pageBytes) - Math.floor(start / pageBytes);
    return (await compared).subarray(first, first + count).includes(1);
  }

  /** What is behind the end of one of them differs. */
  async #compare(index: number): Promise<Uint8Array> {
    const { before, after } = this.#disk;
    const pages = new Uint8Array(pagesPerBlock).fill(1);
    const start = index * blockSizeBytes;
    const length = Math.min(blockSizeBytes, before.sizeBytes - start, after.sizeBytes - start);
    if (length <= 0) return pages;
    const [one, other] = await Promise.all([
      before.pread(start, length),
      after.pread(start, length),
    ]);
    for (let at = 0; at + pageBytes <= length; at += pageBytes) {
      const end = at + pageBytes;
      if (one.compare(other, at, end, at, end) === 0) pages[at / pageBytes] = 0;
    }
    return pages;
  }
}
