/**
 * Extended attributes of XFS: in the inode, in a block of names, or in blocks below an index, the
 * large values in blocks of their own. Those that are ACLs have Linux's form too, as there.
 */
import { damaged } from './bounded-reader.ts';
import { readForkBlocks } from './xfs-extents.ts';
import { childrenOf, type IndexBlock, readIndexBlock } from './xfs-index.ts';
import type { Fork, XfsInode } from './xfs-inode.ts';
import type { SelfDescription, XfsLayout } from './xfs-layout.ts';

const leafMagics = [0xfbee, 0x3bee];
const leafHeaderBytes = [32, 80];
const entryBytes = 8;
const flags = { local: 0x01, root: 0x02, secure: 0x04, parent: 0x08, incomplete: 0x80 };
/** Linux's, of one value. */
const valueBytesMax = 65_536;
/** Of all of one file, far above what any has. */
const totalBytesMax = 4 * 1024 ** 2;
const blocksMax = 1024;
/** What each takes of it at least. */
const leastBytes = 32;
const remote = { magic: 'XARM', headerBytes: 56 };
const remoteSelf: SelfDescription = { checksum: 12, block: 40, uuid: 16, owner: 32 };
const acls: Readonly<Record<string, string>> = {
  SGI_ACL_FILE: 'system.posix_acl_access',
  SGI_ACL_DEFAULT: 'system.posix_acl_default',
};

export async function readAttributes(
  layout: XfsLayout,
  inode: XfsInode,
): Promise<Map<string, Buffer>> {
  const found = new Found();
  const fork = inode.attributes;
  if (!fork) return found.attributes;
  if (fork.format === 'local') readShort(fork.bytes, found);
  else if (fork.extents > 0 || fork.format === 'btree') {
    await readBelow(layout, inode, fork, { first: 0, seen: new Set() }, found);
  }
  return found.attributes;
}

class Found {
  readonly attributes = new Map<string, Buffer>();
  #bytes = 0;

  add(kind: number, nameBytes: Buffer, value: Buffer): void {
    this.#bytes += leastBytes + nameBytes.length + value.length;
    if (this.#bytes > totalBytesMax) throw damaged('attributes are too large');
    // Which folders it is in, for repairs; Linux does not show it.
    if ((kind & flags.parent) !== 0) return;
    const name = nameBytes.toString('latin1');
    const isRoot = (kind & flags.root) !== 0;
    const space = isRoot ? 'trusted' : (kind & flags.secure) !== 0 ? 'security' : 'user';
    this.attributes.set(`${space}.${name}`, Buffer.from(value));
    const acl = isRoot ? acls[name] : undefined;
    if (acl) this.attributes.set(acl, linuxAcl(value));
  }
}

function readShort(bytes: Buffer, found: Found): void {
  const size = bytes.readUInt16BE(0);
  if (size > bytes.length) throw damaged('attributes');
  let at = 4;
  for (let count = bytes.readUInt8(2); count > 0; count--) {
    if (at + 3 > size) throw damaged('attributes');
    const nameEnd = at + 3 + bytes.readUInt8(at);
    const valueEnd = nameEnd + bytes.readUInt8(at + 1);
    if (valueEnd > size) throw damaged('attributes');
    const name = bytes.subarray(at + 3, nameEnd);
    found.add(bytes.readUInt8(at + 2), name, bytes.subarray(nameEnd, valueEnd));
    at = valueEnd;
  }
}

/** No block is looked at twice, so what points in a circle is damage. */
async function readBelow(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { first, seen, level }: { first: number; seen: Set<number>; level?: number },
  found: Found,
): Promise<void> {
  if (seen.has(first) || seen.size >= blocksMax) throw damaged('attributes');
  seen.add(first);
  const block = await readIndexBlock(layout, inode, fork, { first, count: 1 });
  const node = childrenOf(layout, block, level);
  if (!node) {
    await readLeaf(layout, inode, fork, block, found);
    return;
  }
  for (const child of node.children) {
    const place = { first: child.first, seen, level: node.level };
    await readBelow(layout, inode, fork, place, found);
  }
}

async function readLeaf(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { magic, bytes, headEnd }: IndexBlock,
  found: Found,
): Promise<void> {
  const version = layout.hasChecksums ? 1 : 0;
  const start = leafHeaderBytes[version] as number;
  const count = bytes.readUInt16BE(headEnd);
  if (magic !== leafMagics[version] || start + count * entryBytes > bytes.length) {
    throw damaged('attributes');
  }
  for (let index = 0; index < count; index++) {
    const at = bytes.readUInt16BE(start + index * entryBytes + 4);
    const kind = bytes.readUInt8(start + index * entryBytes + 6);
    // One that was being written, or removed.
    if ((kind & flags.incomplete) !== 0) continue;
    const isLocal = (kind & flags.local) !== 0;
    const nameAt = at + (isLocal ? 3 : 9);
    if (nameAt > bytes.length) throw damaged('attributes');
    const nameEnd = nameAt + bytes.readUInt8(nameAt - 1);
    const valueBytes = isLocal ? bytes.readUInt16BE(at) : bytes.readUInt32BE(at + 4);
    const end = isLocal ? nameEnd + valueBytes : nameEnd;
    if (end > bytes.length || valueBytes > valueBytesMax) throw damaged('attributes');
    const value = isLocal
      ? bytes.subarray(nameEnd, end)
      : await readRemote(layout, inode, fork, { first: bytes.readUInt32BE(at), valueBytes });
    found.add(kind, bytes.subarray(nameAt, nameEnd), value);
  }
}

/** In version 5 each block of it has a header, which says what part of the value it has. */
async function readRemote(
  layout: XfsLayout,
  inode: XfsInode,
  fork: Fork,
  { first, valueBytes }: { first: number; valueBytes: number },
): Promise<Buffer> {
  const { blockBytes, hasChecksums } = layout;
  const headerBytes = hasChecksums ? remote.headerBytes : 0;
  const pieces: Buffer[] = [];
  let have = 0;
  for (let index = first; have < valueBytes; index++) {
    const range = { first: index, count: 1 };
    const { block, bytes } = await readForkBlocks(layout, inode, fork, range);
    if (hasChecksums) {
      const isNext =
        bytes.toString('latin1', 0, 4) === remote.magic && bytes.readUInt32BE(4) === have;
      if (!isNext) throw damaged('the value of an attribute');
      const of = { block, owner: inode.number };
      layout.checkSelf(bytes, 'the value of an attribute', of, remoteSelf);
    }
    const piece = bytes.subarray(headerBytes, headerBytes + valueBytes - have);
    pieces.push(piece);
    have += Math.min(piece.length, blockBytes - headerBytes);
  }
  return Buffer.concat(pieces);
}

/** From a count and entries of twelve bytes to a version and entries of eight. */
function linuxAcl(value: Buffer): Buffer {
  const count = value.length < 4 ? 0 : value.readUInt32BE(0);
  if (value.length < 4 || 4 + count * 12 > value.length) throw damaged('an ACL');
  const acl = Buffer.alloc(4 + count * 8);
  acl.writeUInt32LE(2, 0);
  for (let index = 0; index < count; index++) {
    const from = 4 + index * 12;
    const to = 4 + index * 8;
    const tag = value.readUInt32BE(from);
    // Only that of a user or a group that it names has an id.
    const hasId = tag === 0x02 || tag === 0x08;
    acl.writeUInt16LE(tag & 0xffff, to);
    acl.writeUInt16LE(value.readUInt16BE(from + 8), to + 2);
    acl.writeUInt32LE(hasId ? value.readUInt32BE(from + 4) : 0xffffffff, to + 4);
  }
  return acl;
}
