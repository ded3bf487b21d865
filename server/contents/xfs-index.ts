/**
 * Blocks that the index of a folder and the attributes of a file of XFS have alike: of nodes, each
 * of which says from which hash of a name on which block is asked, and of leaves. Here too a name
 * in a large folder is looked for by its hash.
 */
import { damaged } from './bounded-reader.ts';
import type { Entry } from './file-system.ts';
import { readForkBlocks } from './xfs-extents.ts';
import { entryAt, indexStartBytes } from './xfs-folders.ts';
import type { Fork, XfsInode } from './xfs-inode.ts';
import type { SelfDescription, XfsLayout } from './xfs-layout.ts';

/** XFS_DA_NODE_MAXDEPTH */
export const levelsMax = 5;
/** By whether there are checksums. */
const nodeMagics = [0xfebe, 0x3ebe];
const leafMagics = [
  [0xd2f1, 0xd2ff],
  [0x3df1, 0x3dff],
];
const headBytes = [12, 56];
const headerBytes = [16, 64];
const self: SelfDescription = { checksum: 12, block: 16, uuid: 32, owner: 48 };
/** Names of one hash are few, where nobody looked for such. */
const sameHashMax = 256;

export interface IndexBlock {
  magic: number;
  /** The number of the leaf that follows; 0 at the end. */
  next: number;
  bytes: Buffer;
  /** Where what all have in common ends. */
  headEnd: number;
}

/** At a number of the fork's; a folder's may be of several blocks. */
export async function readIndexBlock(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { first, count }: { first: number; count: number },
): Promise<IndexBlock> {
  const { block, bytes } = await readForkBlocks(layout, inode, fork, { first, count });
  const of = { block, owner: inode.number };
  if (layout.hasChecksums) layout.checkSelf(bytes, 'an index', of, self);
  const headEnd = headBytes[layout.hasChecksums ? 1 : 0] as number;
  return { magic: bytes.readUInt16BE(8), next: bytes.readUInt32BE(0), bytes, headEnd };
}

/** Of a node: from which hash up to which each block below has. Undefined of a leaf. */
export function childrenOf(
  { hasChecksums }: XfsLayout,
  { magic, bytes, headEnd }: IndexBlock,
  levelAbove: number | undefined,
): { level: number; children: { lastHash: number; first: number }[] } | undefined {
  const version = hasChecksums ? 1 : 0;
  if (magic !== nodeMagics[version]) return undefined;
  const count = bytes.readUInt16BE(headEnd);
  const level = bytes.readUInt16BE(headEnd + 2);
  const start = headerBytes[version] as number;
  const isLevel =
    levelAbove === undefined ? level > 0 && level <= levelsMax : level === levelAbove - 1;
  if (!isLevel || level < 1 || count < 1 || start + count * 8 > bytes.length) {
    throw damaged('an index');
  }
  const children = Array.from({ length: count }, (_, index) => ({
    lastHash: bytes.readUInt32BE(start + index * 8),
    first: bytes.readUInt32BE(start + index * 8 + 4),
  }));
  return { level, children };
}

/** A name in a folder that has an index; `unindexed` where too many have its hash. */
export async function lookUp(
  layout: XfsLayout,
  folder: XfsInode,
  name: Buffer,
): Promise<Entry | undefined | 'unindexed'> {
  const hash = hashOf(name);
  const count = layout.folderBlocks;
  const read = (first: number) => readIndexBlock(layout, folder, folder.data, { first, count });
  let block = await read(indexStartBytes / layout.blockBytes);
  for (let level: number | undefined; ; ) {
    const node = childrenOf(layout, block, level);
    if (!node) break;
    const child = node.children.find(({ lastHash }) => lastHash >= hash);
    if (!child) return undefined;
    level = node.level;
    block = await read(child.first);
  }
  for (let asked = 0; ; ) {
    const { addresses, isLast } = addressesIn(layout, block, hash);
    asked += 1 + addresses.length;
    if (asked > sameHashMax) return 'unindexed';
    for (const address of addresses) {
      const entry = await entryAt(layout, folder, address, name);
      if (entry) return entry;
    }
    if (isLast || block.next === 0) return undefined;
    block = await read(block.next);
  }
}

/** Of names with a hash; others of it may be in the next leaf, where it is the last of this one. */
function addressesIn(
  { hasChecksums }: XfsLayout,
  { magic, bytes, headEnd }: IndexBlock,
  hash: number,
): { addresses: number[]; isLast: boolean } {
  const version = hasChecksums ? 1 : 0;
  const count = bytes.readUInt16BE(headEnd);
  const start = headerBytes[version] as number;
  const isLeaf = leafMagics[version]?.includes(magic);
  if (!isLeaf || start + count * 8 > bytes.length) throw damaged('an index');
  const addresses: number[] = [];
  for (let at = start; at < start + count * 8; at += 8) {
    const address = bytes.readUInt32BE(at + 4);
    // A name that was removed has none.
    if (bytes.readUInt32BE(at) === hash && address !== 0) addresses.push(address * 8);
  }
  const last = count > 0 ? bytes.readUInt32BE(start + (count - 1) * 8) : hash;
  return { addresses, isLast: last > hash };
}

function hashOf(name: Buffer): number {
  let hash = 0;
  let at = 0;
  const byte = (index: number) => name[at + index] as number;
  const turned = (bits: number) => (hash << bits) | (hash >>> (32 - bits));
  for (; at + 4 <= name.length; at += 4) {
    hash = (byte(0) << 21) ^ (byte(1) << 14) ^ (byte(2) << 7) ^ byte(3) ^ turned(28);
  }
  const left = name.length - at;
  if (left === 3) hash = (byte(0) << 14) ^ (byte(1) << 7) ^ byte(2) ^ turned(21);
  if (left === 2) hash = (byte(0) << 7) ^ byte(1) ^ turned(14);
  if (left === 1) hash = byte(0) ^ turned(7);
  return hash >>> 0;
}
