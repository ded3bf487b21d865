/**
 * Which blocks of the disks of two images are not the same, by their maps alone; and so which
 * ranges of their file systems are.
 */
import { setImmediate as turn } from 'node:timers/promises';
import type { BlockMap } from '../blocks/block-map.ts';
import { blockSizeBytes } from '../blocks/block-store.ts';
import { diffLeaf } from '../blocks/diff-block-maps.ts';
import type { DiskPart } from '../contents/disk-contents.ts';
import type { FileSystem } from '../contents/file-system.ts';
import type { SameBlocks } from './compare-trees.ts';

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

  /** Whether there is one in these bytes of the disk, or they are beyond it. */
  touches(start: number, length: number): boolean {
    const last = Math.floor((start + length - 1) / blockSizeBytes);
    for (let index = Math.floor(start / blockSizeBytes); index <= last; index++) {
      const byte = this.#bits[index >>> 3];
      if (byte === undefined || byte & (1 << (index & 7))) return true;
    }
    return false;
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

/** `changed` of each of the disks that both have. */
export function sameBlocks(
  before: readonly DiskPart[],
  after: readonly DiskPart[],
  changed: readonly (BlockSet | undefined)[],
): SameBlocks {
  const parts = new Map<FileSystem, DiskPart>();
  for (const part of [...before, ...after]) {
    // A logical volume is not where its partition is.
    if (part.fileSystem && !part.volume) parts.set(part.fileSystem, part);
  }
  return (one, other, start, length) => {
    const [a, b] = [parts.get(one), parts.get(other)];
    if (!a || !b || a.disk !== b.disk || a.partition.start !== b.partition.start) return false;
    return changed[a.disk]?.touches(a.partition.start + start, length) === false;
  };
}
