/**
 * A snapshot of a remote as a disk: its blocks are fetched as they are read. Where an earlier one of
 * it is here, only what differs from that is. Lists are asked for range by range, and nothing of
 * them is kept but the last few.
 */
import { blockSizeBytes, zeroBlock } from '../blocks/block-store.ts';
import { checkRange, type Disk, type Extent } from '../disk/disk.ts';
import type { EbsDirect, FarBlock } from './ebs-direct.ts';
import { FarAwayError } from './far-client.ts';

export interface FarDiskOptions {
  farId: string;
  sizeBytes: number;
  /** What both have: its id there, and its bytes here. */
  base?: { farId: string; disk: Disk };
}

/** Ranges of which the blocks are known. */
const rangesKept = 2;

interface KnownRange {
  first: number;
  end: number;
  blocks: Map<number, FarBlock>;
}

export class FarDisk implements Disk {
  readonly sizeBytes: number;
  readonly #ebs: EbsDirect;
  readonly #options: FarDiskOptions;
  #ranges: KnownRange[] = [];

  constructor(ebs: EbsDirect, options: FarDiskOptions) {
    this.sizeBytes = options.sizeBytes;
    this.#ebs = ebs;
    this.#options = options;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    checkRange(this, offset, length);
    const { base } = this.#options;
    const end = Math.ceil((offset + length) / blockSizeBytes);
    const first = Math.floor(offset / blockSizeBytes);
    const { blocks } = await this.#range(first, end);
    const extents: Extent[] = [];
    for (let index = first; index < end; index++) {
      const far = blocks.get(index);
      const zero = far ? far.token === undefined : !base || (await isZero(base.disk, index));
      extents.push({ length: blockSizeBytes, zero });
    }
    return extents;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    const { farId, base } = this.#options;
    const target = Buffer.alloc(length);
    for (let at = offset; at < offset + length; ) {
      const index = Math.floor(at / blockSizeBytes);
      const from = at - index * blockSizeBytes;
      const bytes = Math.min(blockSizeBytes - from, offset + length - at);
      const { blocks } = await this.#range(index, index + 1);
      const far = blocks.get(index);
      if (far) {
        const block = far.token === undefined ? zeroBlock : await this.#ebs.get(farId, far);
        block.copy(target, at - offset, from, from + bytes);
      } else if (base && at + bytes <= base.disk.sizeBytes) {
        (await base.disk.pread(at, bytes)).copy(target, at - offset);
      }
      at += bytes;
    }
    return target;
  }

  async close(): Promise<void> {
    await this.#options.base?.disk.close();
  }

  async #range(first: number, end: number): Promise<KnownRange> {
    const known = this.#ranges.find((each) => each.first <= first && end <= each.end);
    if (known) return known;
    const { farId, base } = this.#options;
    const blocks = new Map<number, FarBlock>();
    for await (const block of this.#ebs.blocks(farId, first, base?.farId)) {
      if (block.index >= end) break;
      blocks.set(block.index, block);
    }
    const count = Math.ceil(this.sizeBytes / blockSizeBytes);
    if ([...blocks.keys()].some((index) => index >= count)) {
      throw new FarAwayError(`${farId} has blocks beyond its end`);
    }
    const range = { first, end, blocks };
    this.#ranges = [range, ...this.#ranges].slice(0, rangesKept);
    return range;
  }
}

async function isZero(disk: Disk, index: number): Promise<boolean> {
  const offset = index * blockSizeBytes;
  if (offset >= disk.sizeBytes) return true;
  const length = Math.min(blockSizeBytes, disk.sizeBytes - offset);
  const extents = (await disk.extents?.(offset, length)) ?? [{ length, zero: false }];
  return extents.every(({ zero }) => zero);
}
