/**
 * What is in a file of an ext file system: its blocks by extents or by the older maps, or its bytes
 * in the inode itself. Only what leads to the bytes that are asked for is read of a map, and each
 * step of that gets nearer to the end of them, however maps point at each other.
 */
import { damaged, UnreadableContents } from './bounded-reader.ts';
import { crc32c } from './crc32c.ts';
import { inlineContent, isInline, mapArea } from './ext4-attribute-list.ts';
import { type Ext4Inode, type Ext4Inodes, inodeFlags } from './ext4-inodes.ts';
import type { FilePlace } from './file-system.ts';

/** EXT4_MAX_EXTENT_DEPTH */
const depthMax = 5;
const extentMagic = 0xf30a;
const entryBytes = 12;
/** A longer one says that nothing was written to it yet. */
const writtenMax = 32_768;
const directBlocks = 12;
const levelsMax = 3;

interface Run {
  /** In blocks, from the start of the file. */
  first: number;
  /** On the disk; nothing where it is not written. */
  block?: number;
  count: number;
}

/** From `offset` on; shorter at the end of the file. */
export async function readContent(
  inodes: Ext4Inodes,
  inode: Ext4Inode,
  offset: number,
  length: number,
): Promise<Buffer> {
  refuseEncrypted(inode);
  const end = Math.min(inode.sizeBytes, offset + length);
  if (offset >= end) return Buffer.alloc(0);
  if (isInline(inode)) {
    const content = inlineContent(inode);
    if (content.length < inode.sizeBytes) throw damaged('a file is longer than its inode has');
    return content.subarray(offset, end);
  }
  let content: Buffer | undefined;
  const { blockBytes, blocks } = inodes.superblock;
  const [from, to] = [Math.floor(offset / blockBytes), Math.ceil(end / blockBytes)];
  for await (const { first, block, count } of runs(inodes, inode, from, to)) {
    if (block === undefined) continue;
    if (block + count > blocks) throw damaged('a block behind its end');
    const start = Math.max(first * blockBytes, offset);
    const stop = Math.min((first + count) * blockBytes, end);
    const place = block * blockBytes + (start - first * blockBytes);
    if (start === offset && stop === end) return inodes.readBytes(inode, place, end - offset);
    content ??= Buffer.alloc(end - offset);
    (await inodes.readBytes(inode, place, stop - start)).copy(content, start - offset);
  }
  return content ?? Buffer.alloc(end - offset);
}

/** Of all of it; undefined where it is in the inode. */
export async function placesOf(
  inodes: Ext4Inodes,
  inode: Ext4Inode,
): Promise<FilePlace[] | undefined> {
  if (isInline(inode)) return undefined;
  const { blockBytes } = inodes.superblock;
  const places: FilePlace[] = [];
  const end = Math.ceil(inode.sizeBytes / blockBytes);
  for await (const { first, block, count } of runs(inodes, inode, 0, end)) {
    if (block === undefined) continue;
    const [offset, start] = [first * blockBytes, block * blockBytes];
    places.push({ offset, start, length: count * blockBytes });
  }
  return places;
}

export function refuseEncrypted(inode: Ext4Inode): void {
  if ((inode.flags & inodeFlags.encrypted) === 0) return;
  throw new UnreadableContents('what is encrypted in the file system is not read');
}

/** In order, of the blocks from `from` to before `to`; holes may be left out. */
function runs(inodes: Ext4Inodes, inode: Ext4Inode, from: number, to: number): AsyncGenerator<Run> {
  const map = inode.bytes.subarray(mapArea.start, mapArea.end);
  const byExtents = (inode.flags & inodeFlags.extents) !== 0;
  return byExtents ? extentRuns(inodes, inode, map, from, to) : mappedRuns(inodes, map, from, to);
}

/** A leaf at a time: down to that of the next block, and on where the next one begins. */
async function* extentRuns(
  inodes: Ext4Inodes,
  inode: Ext4Inode,
  root: Buffer,
  from: number,
  to: number,
): AsyncGenerator<Run> {
  for (let at = from; at < to; ) {
    let node = root;
    let end = to;
    let depth = depthOf(node);
    if (depth > depthMax) throw damaged('a map of extents');
    for (; depth > 0; depth--) {
      const index = lastBefore(node, at);
      if (index < entriesOf(node)) end = Math.min(end, startOf(node, index + 1));
      if (index === 0) break;
      const entry = index * entryBytes;
      node = await inodes.readBlock(
        node.readUInt32LE(entry + 4) + node.readUInt16LE(entry + 8) * 2 ** 32,
      );
      checkExtentBlock(inodes, inode, node);
      if (depthOf(node) !== depth - 1) throw damaged('a map of extents');
    }
    if (end <= at) throw damaged('a map of extents');
    if (depth === 0) yield* leafRuns(node, at, end);
    at = end;
  }
}

function* leafRuns(leaf: Buffer, from: number, to: number): Generator<Run> {
  let end = 0;
  for (let index = Math.max(1, lastBefore(leaf, from)); index <= entriesOf(leaf); index++) {
    const entry = index * entryBytes;
    const start = startOf(leaf, index);
    if (start < end) throw damaged('a map of extents');
    if (start >= to) return;
    const said = leaf.readUInt16LE(entry + 4);
    const isWritten = said <= writtenMax;
    const length = isWritten ? said : said - writtenMax;
    if (length === 0) throw damaged('a map of extents');
    end = start + length;
    const first = Math.max(start, from);
    const count = Math.min(end, to) - first;
    if (!isWritten || count <= 0) continue;
    const block = leaf.readUInt32LE(entry + 8) + leaf.readUInt16LE(entry + 6) * 2 ** 32;
    yield { first, block: block + (first - start), count };
  }
}

/** The index of the last entry that begins at a block or before it; the first entry is 1. */
function lastBefore(node: Buffer, block: number): number {
  let [low, high] = [0, entriesOf(node)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (startOf(node, middle) <= block) low = middle;
    else high = middle - 1;
  }
  return low;
}

function startOf(node: Buffer, index: number): number {
  return node.readUInt32LE(index * entryBytes);
}

function entriesOf(node: Buffer): number {
  return node.readUInt16LE(2);
}

/** Of a node that is one. */
function depthOf(node: Buffer): number {
  const fits = entryBytes * (entriesOf(node) + 1) <= node.length;
  if (node.readUInt16LE(0) !== extentMagic || !fits) throw damaged('a map of extents');
  return node.readUInt16LE(6);
}

function checkExtentBlock({ superblock }: Ext4Inodes, inode: Ext4Inode, block: Buffer): void {
  if (!superblock.hasChecksums) return;
  const tail = entryBytes * (block.readUInt16LE(4) + 1);
  if (tail + 4 > block.length) throw damaged('a map of extents');
  const checksum = crc32c(inode.checksumSeed, block.subarray(0, tail));
  if (checksum !== block.readUInt32LE(tail)) throw damaged('the checksum of a map of extents');
}

/** Twelve blocks, then blocks of block numbers, of such blocks, and of those. */
async function* mappedRuns(
  inodes: Ext4Inodes,
  map: Buffer,
  from: number,
  to: number,
): AsyncGenerator<Run> {
  if (from < directBlocks) {
    yield* numberedRuns(map.subarray(0, directBlocks * 4), 0, from, to);
  }
  const perBlock = inodes.superblock.blockBytes / 4;
  let first = directBlocks;
  for (let level = 1; level <= levelsMax; level++) {
    const end = first + perBlock ** level;
    const root = map.readUInt32LE((directBlocks + level - 1) * 4);
    for (let at = Math.max(first, from); at < Math.min(end, to); ) {
      const leaf = await mapLeaf(inodes, root, level, at - first);
      if (leaf.node) yield* numberedRuns(leaf.node, first + leaf.first, at, to);
      at = first + leaf.first + leaf.count;
    }
    first = end;
  }
  if (to > first) throw damaged('a file is longer than its map');
}

/** The block of numbers that has that of `at`, or how much of nothing is there. */
async function mapLeaf(
  inodes: Ext4Inodes,
  root: number,
  levels: number,
  at: number,
): Promise<{ node?: Buffer; first: number; count: number }> {
  const perBlock = inodes.superblock.blockBytes / 4;
  let block = root;
  for (let level = levels; ; level--) {
    const count = perBlock ** level;
    const first = Math.floor(at / count) * count;
    if (block === 0) return { first, count };
    const node = await inodes.readBlock(block);
    if (level === 1) return { node, first, count };
    block = node.readUInt32LE((Math.floor(at / perBlock ** (level - 1)) % perBlock) * 4);
  }
}

/** Of blocks by their numbers, of which the first is the block `start` of the file. */
function* numberedRuns(numbers: Buffer, start: number, from: number, to: number): Generator<Run> {
  const end = Math.min(to, start + numbers.length / 4);
  for (let first = from; first < end; ) {
    const block = numbers.readUInt32LE((first - start) * 4);
    let count = 1;
    while (
      block !== 0 &&
      first + count < end &&
      numbers.readUInt32LE((first + count - start) * 4) === block + count
    ) {
      count++;
    }
    if (block !== 0) yield { first, block, count };
    first += count;
  }
}
