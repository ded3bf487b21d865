/**
 * What is in a file of an ext4 file system: its blocks by extents or by the older maps, or its
 * bytes in the inode itself.
 */
import { crc32c } from './crc32c.ts';
import { damaged, type Ext4Layout, type Inode } from './ext4-layout.ts';

const flags = { extents: 0x80000, inline: 0x10000000, encrypted: 0x800 };
/** EXT4_MAX_EXTENT_DEPTH */
const depthMax = 5;
const extentMagic = 0xf30a;
const entryBytes = 12;
/** A longer one says that nothing was written to it yet. */
const writtenMax = 32_768;
/** The area of the inode that maps blocks, or has the bytes themselves. */
const area = { start: 0x28, end: 0x64 };

interface Run {
  /** In blocks, from the start of the file. */
  first: number;
  /** On the disk; nothing where it is not written. */
  block?: number;
  count: number;
}

/** As much of it as there is, up to `maxBytes`. */
export async function readContent(
  layout: Ext4Layout,
  inode: Inode,
  maxBytes: number,
): Promise<Buffer> {
  if ((inode.flags & flags.encrypted) !== 0) throw damaged('a file is encrypted');
  const length = Math.min(inode.sizeBytes, maxBytes);
  if ((inode.flags & flags.inline) !== 0) return inlineContent(inode).subarray(0, length);
  const content = Buffer.alloc(length);
  const { blockBytes } = layout;
  const wanted = Math.ceil(length / blockBytes);
  for await (const { first, block, count } of runs(layout, inode, wanted)) {
    for (let index = 0; block !== undefined && index < count; index++) {
      const at = first + index;
      if (at >= wanted) break;
      const bytes = await layout.readBlock(block + index);
      bytes.copy(content, at * blockBytes, 0, Math.min(blockBytes, length - at * blockBytes));
    }
  }
  return content;
}

/** In order. */
function runs(layout: Ext4Layout, inode: Inode, wanted: number): AsyncGenerator<Run> {
  const map = inode.bytes.subarray(area.start, area.end);
  const byExtents = (inode.flags & flags.extents) !== 0;
  return byExtents ? extentRuns(layout, inode, map, wanted) : mappedRuns(layout, map, wanted);
}

async function* extentRuns(
  layout: Ext4Layout,
  inode: Inode,
  node: Buffer,
  wanted: number,
  depthAbove?: number,
): AsyncGenerator<Run> {
  const count = node.readUInt16LE(2);
  const depth = node.readUInt16LE(6);
  const fits = entryBytes * (count + 1) <= node.length;
  // A level less with each: what points in a circle comes to an end.
  const right = depthAbove === undefined ? depth <= depthMax : depth === depthAbove - 1;
  if (node.readUInt16LE(0) !== extentMagic || !fits || !right) throw damaged('a map of extents');
  let end = 0;
  for (let index = 1; index <= count; index++) {
    const entry = node.subarray(index * entryBytes, (index + 1) * entryBytes);
    const first = entry.readUInt32LE(0);
    if (first < end) throw damaged('a map of extents');
    if (first >= wanted) return;
    end = first + 1;
    if (depth > 0) {
      const child = await layout.readBlock(entry.readUInt32LE(4) + entry.readUInt16LE(8) * 2 ** 32);
      checkExtentBlock(layout, inode, child);
      yield* extentRuns(layout, inode, child, wanted, depth);
      continue;
    }
    const length = entry.readUInt16LE(4);
    const isWritten = length <= writtenMax;
    const block = entry.readUInt32LE(8) + entry.readUInt16LE(6) * 2 ** 32;
    const run = { first, count: isWritten ? length : length - writtenMax };
    yield isWritten ? { ...run, block } : run;
  }
}

function checkExtentBlock({ hasChecksums }: Ext4Layout, inode: Inode, block: Buffer): void {
  if (!hasChecksums) return;
  const tail = entryBytes * (block.readUInt16LE(4) + 1);
  if (tail + 4 > block.length) throw damaged('a map of extents');
  const checksum = crc32c(inode.checksumSeed, block.subarray(0, tail));
  if (checksum !== block.readUInt32LE(tail)) throw damaged('the checksum of a map of extents');
}

/** Twelve blocks, then blocks of block numbers, of such blocks, and of those. */
async function* mappedRuns(layout: Ext4Layout, map: Buffer, wanted: number): AsyncGenerator<Run> {
  let first = 0;
  for (let index = 0; index < 15 && first < wanted; index++) {
    const level = Math.max(0, index - 11);
    const block = map.readUInt32LE(index * 4);
    yield* mappedRunsOf(layout, block, level, first, wanted);
    first += (layout.blockBytes / 4) ** level;
  }
}

async function* mappedRunsOf(
  layout: Ext4Layout,
  block: number,
  level: number,
  first: number,
  wanted: number,
): AsyncGenerator<Run> {
  if (block === 0) return;
  if (level === 0) {
    yield { first, block, count: 1 };
    return;
  }
  const node = await layout.readBlock(block);
  const each = (layout.blockBytes / 4) ** (level - 1);
  for (let index = 0; index * 4 < node.length && first + index * each < wanted; index++) {
    yield* mappedRunsOf(
      layout,
      node.readUInt32LE(index * 4),
      level - 1,
      first + index * each,
      wanted,
    );
  }
}

/** Sixty bytes in place of the map, and the rest in the attribute `system.data` behind them. */
function inlineContent({ bytes }: Inode): Buffer {
  const more = inlineAttribute(bytes);
  return Buffer.concat([bytes.subarray(area.start, area.end), ...(more ? [more] : [])]);
}

export function isInline(inode: Inode): boolean {
  return (inode.flags & flags.inline) !== 0;
}

function inlineAttribute(bytes: Buffer): Buffer | undefined {
  if (bytes.length <= 128 + 4) return undefined;
  const start = 128 + bytes.readUInt16LE(128);
  if (start + 4 > bytes.length || bytes.readUInt32LE(start) !== 0xea020000) return undefined;
  const first = start + 4;
  for (let at = first; at + 16 <= bytes.length && bytes.readUInt32LE(at) !== 0; ) {
    const nameLength = bytes[at] ?? 0;
    const name = bytes.toString('latin1', at + 16, at + 16 + nameLength);
    if (bytes[at + 1] === 7 && name === 'data') {
      const from = first + bytes.readUInt16LE(at + 2);
      const to = from + bytes.readUInt32LE(at + 8);
      if (to > bytes.length) throw damaged('an attribute of an inode');
      return bytes.subarray(from, to);
    }
    at += 16 + Math.ceil(nameLength / 4) * 4;
  }
  return undefined;
}
