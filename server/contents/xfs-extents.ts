/**
 * Which blocks a fork of an XFS inode has: in the inode itself, or in a tree whose root is there.
 * Numbers of blocks in a file count from its start.
 */
import { damaged } from './bounded-reader.ts';
import type { FilePlace } from './file-system.ts';
import type { Fork, XfsInode } from './xfs-inode.ts';
import { type SelfDescription, safe, type XfsLayout } from './xfs-layout.ts';

const extentBytes = 16;
/** More than a tree over all blocks that there can be has. */
const levelsMax = 12;
const magics = { checked: 'BMA3', plain: 'BMAP' };
const headerBytes = { checked: 72, plain: 24 };
const self: SelfDescription = { checksum: 64, block: 24, uuid: 40, owner: 56 };
/** Read at once, of what is in folders and attributes. */
const pieceBytesMax = 128 * 1024;

export interface Run {
  /** In the file. */
  first: number;
  /** On the disk. */
  block: number;
  count: number;
  /** What is not is zeros. */
  isWritten: boolean;
}

/** In order, those that have something of `first` up to `end`. */
export async function* runs(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { first, end }: { first: number; end: number },
): AsyncGenerator<Run> {
  let after = 0;
  for await (const run of allRuns(layout, inode, fork, { first, end })) {
    if (run.first < after || run.count === 0) throw damaged('a map of blocks');
    after = run.first + run.count;
    if (run.first >= end) return;
    if (after > first) yield run;
  }
}

function allRuns(
  layout: XfsLayout,
  { number }: XfsInode,
  fork: Fork,
  range: { first: number; end: number },
): AsyncGenerator<Run> {
  if (fork.format === 'extents') return runsIn(fork.bytes, fork.extents);
  if (fork.format !== 'btree') throw damaged('the format of an inode');
  const level = fork.bytes.readUInt16BE(0);
  if (level < 1 || level > levelsMax) throw damaged('a map of blocks');
  const places = placesIn(fork.bytes.subarray(4), fork.bytes.readUInt16BE(2), range);
  return runsBelow(layout, number, places, level, range);
}

/** A level less with each: what points in a circle comes to an end. */
async function* runsBelow(
  layout: XfsLayout,
  owner: number,
  blocks: readonly number[],
  level: number,
  range: { first: number; end: number },
): AsyncGenerator<Run> {
  const version = layout.hasChecksums ? 'checked' : 'plain';
  for (const block of blocks) {
    const bytes = await layout.readBlocks(block);
    const isRight =
      bytes.toString('latin1', 0, 4) === magics[version] && bytes.readUInt16BE(4) === level - 1;
    if (!isRight) throw damaged('a map of blocks');
    if (layout.hasChecksums) layout.checkSelf(bytes, 'a map of blocks', { block, owner }, self);
    const count = bytes.readUInt16BE(6);
    // One of nothing could be pointed at again and again, and come to no end.
    if (count < 1) throw damaged('a map of blocks');
    const records = bytes.subarray(headerBytes[version]);
    if (level === 1) yield* runsIn(records, count);
    else yield* runsBelow(layout, owner, placesIn(records, count, range), level - 1, range);
  }
}

/** Where each block of the next level begins in the file, and then where it is on the disk. */
function placesIn(
  bytes: Buffer,
  count: number,
  { first, end }: { first: number; end: number },
): number[] {
  const fitting = Math.floor(bytes.length / 16);
  if (count < 1 || count > fitting) throw damaged('a map of blocks');
  const starts = Array.from({ length: count }, (_, index) => safe(bytes, index * 8));
  return starts.flatMap((start, index) => {
    const isIn = start < end && (starts[index + 1] ?? Number.POSITIVE_INFINITY) > first;
    return isIn ? [safe(bytes, (fitting + index) * 8)] : [];
  });
}

async function* runsIn(bytes: Buffer, count: number): AsyncGenerator<Run> {
  if (count * extentBytes > bytes.length) throw damaged('a map of blocks');
  for (let index = 0; index < count; index++) yield runAt(bytes, index * extentBytes);
}

/** A bit for whether it is written, 54 of the place in the file, 52 of the disk's, 21 of how many. */
function runAt(bytes: Buffer, at: number): Run {
  const high = bytes.readBigUInt64BE(at);
  const low = bytes.readBigUInt64BE(at + 8);
  const first = Number((high >> 9n) & 0x3fffffffffffffn);
  const block = Number(((high & 0x1ffn) << 43n) | (low >> 21n));
  if (!Number.isSafeInteger(first)) throw damaged('a map of blocks');
  return { first, block, count: Number(low & 0x1fffffn), isWritten: high >> 63n === 0n };
}

/** Blocks of a fork, joined, which a structure of the file system is in. */
export async function readForkBlocks(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { first, count }: { first: number; count: number },
): Promise<{ block: number; bytes: Buffer }> {
  const pieces: Buffer[] = [];
  let start: number | undefined;
  let next = first;
  for await (const run of runs(layout, inode, fork, { first, end: first + count })) {
    if (run.first > next || !run.isWritten) break;
    const skipped = next - run.first;
    const length = Math.min(run.count - skipped, first + count - next);
    start ??= run.block + skipped;
    pieces.push(await layout.readBlocks(run.block + skipped, length));
    next += length;
  }
  if (start === undefined || next < first + count) throw damaged('a block is missing');
  return { block: start, bytes: Buffer.concat(pieces) };
}

/** All that are before `end`, each of `size` blocks, without those that are not there. */
export async function* forkBlocks(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { end, size }: { end: number; size: number },
): AsyncGenerator<{ block: number; bytes: Buffer }> {
  const { blockBytes } = layout;
  const atOnce = Math.max(1, pieceBytesMax / blockBytes);
  let parts: Buffer[] = [];
  let block = 0;
  let next = 0;
  for await (const run of runs(layout, inode, fork, { first: 0, end })) {
    if (!run.isWritten) throw damaged('a block was never written');
    const last = Math.min(run.first + run.count, end);
    for (let at = run.first; at < last; ) {
      const count = Math.min(atOnce, last - at);
      const place = run.block + at - run.first;
      const bytes = await layout.readBlocks(place, count);
      for (let index = 0; index < count; index++, at++) {
        if (parts.length === 0) [block, next] = [place + index, at];
        if (at !== next || at % size !== parts.length) throw damaged('a block is missing');
        parts.push(bytes.subarray(index * blockBytes, (index + 1) * blockBytes));
        next++;
        if (parts.length < size) continue;
        yield { block, bytes: Buffer.concat(parts) };
        parts = [];
      }
    }
  }
  if (parts.length > 0) throw damaged('a block is missing');
}

/** Of all of a regular file. */
export async function placesOf(layout: XfsLayout, inode: XfsInode): Promise<FilePlace[]> {
  const { blockBytes } = layout;
  const range = { first: 0, end: Math.ceil(inode.sizeBytes / blockBytes) };
  const places: FilePlace[] = [];
  for await (const { first, block, count, isWritten } of runs(layout, inode, inode.data, range)) {
    if (!isWritten) continue;
    const [offset, start] = [first * blockBytes, layout.placeOf(block, count)];
    places.push({ offset, start, length: count * blockBytes });
  }
  return places;
}

export async function readContent(
  layout: XfsLayout,
  inode: XfsInode,
  offset: number,
  length: number,
): Promise<Buffer> {
  const { blockBytes, reader } = layout;
  const stop = Math.min(inode.sizeBytes, offset + length);
  if (offset >= stop) return Buffer.alloc(0);
  const content = Buffer.alloc(stop - offset);
  const range = { first: Math.floor(offset / blockBytes), end: Math.ceil(stop / blockBytes) };
  for await (const run of runs(layout, inode, inode.data, range)) {
    if (!run.isWritten) continue;
    const place = layout.placeOf(run.block, run.count);
    const start = run.first * blockBytes;
    const from = Math.max(start, offset);
    const to = Math.min(start + run.count * blockBytes, stop);
    const bytes = await reader.read(place + from - start, to - from);
    bytes.copy(content, from - offset);
  }
  return content;
}
