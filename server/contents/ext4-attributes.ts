/**
 * Extended attributes of an ext file system: behind an inode, in a block of their own, and large
 * values in inodes of theirs. Access lists are answered as Linux gives them to programs.
 */
import { damaged } from './bounded-reader.ts';
import { crc32c } from './crc32c.ts';
import {
  attributesMagic,
  inodeAttributes,
  isInlineData,
  listAttributes,
  type RawAttribute,
} from './ext4-attribute-list.ts';
import { readContent } from './ext4-blocks.ts';
import { type Ext4Inode, type Ext4Inodes, inodeFlags } from './ext4-inodes.ts';

const blockHeaderBytes = 32;
const checksumAt = 16;
/** Linux's limit. */
const valueMaxBytes = 64 * 1024;

const prefixes = new Map([
  [0, ''],
  [1, 'user.'],
  [2, 'system.posix_acl_access'],
  [3, 'system.posix_acl_default'],
  [4, 'trusted.'],
  [5, 'trusted.lov'],
  [6, 'security.'],
  [7, 'system.'],
  [8, 'system.richacl'],
  [9, 'encryption.'],
  [10, 'gnu.'],
]);
const accessLists = [2, 3];

export async function readAttributes(
  inodes: Ext4Inodes,
  inode: Ext4Inode,
): Promise<Map<string, Buffer>> {
  const attributes = new Map<string, Buffer>();
  const inBlock = await blockAttributes(inodes, inode);
  for (const each of [...inodeAttributes(inode.bytes), ...inBlock]) {
    const { index, name } = each;
    if (isInlineData(each)) continue;
    const prefix = prefixes.get(index) ?? `${index}.`;
    const value = each.valueInode === 0 ? each.value : await storedValue(inodes, each);
    const whole = prefix + name.toString('latin1');
    attributes.set(whole, accessLists.includes(index) ? accessList(value) : Buffer.from(value));
  }
  return attributes;
}

async function blockAttributes(inodes: Ext4Inodes, inode: Ext4Inode): Promise<RawAttribute[]> {
  const { superblock } = inodes;
  const { bytes } = inode;
  const block = bytes.readUInt32LE(0x68) + bytes.readUInt16LE(0x76) * 2 ** 32;
  if (block === 0) return [];
  const content = await inodes.readBlock(block);
  if (content.readUInt32LE(0) !== attributesMagic || content.readUInt32LE(8) !== 1) {
    throw damaged('a block of attributes');
  }
  if (superblock.hasChecksums) {
    const place = Buffer.alloc(8);
    place.writeBigUInt64LE(BigInt(block));
    const before = content.subarray(0, checksumAt);
    const after = content.subarray(checksumAt + 4);
    const checksum = crc32c(superblock.seed, place, before, Buffer.alloc(4), after);
    if (checksum !== content.readUInt32LE(checksumAt)) {
      throw damaged('the checksum of a block of attributes');
    }
  }
  return listAttributes(content, blockHeaderBytes);
}

async function storedValue(
  inodes: Ext4Inodes,
  { valueInode, valueBytes }: RawAttribute,
): Promise<Buffer> {
  const inode = await inodes.inode(valueInode);
  const isOne = inode.kind === 'file' && (inode.flags & inodeFlags.attributeInode) !== 0;
  if (!isOne || inode.sizeBytes < valueBytes || valueBytes > valueMaxBytes) {
    throw damaged('the inode of an attribute');
  }
  return readContent(inodes, inode, 0, valueBytes);
}

/** Those of the disk leave out ids where they say nothing; programs get all of them. */
function accessList(stored: Buffer): Buffer {
  const entries: Buffer[] = [le(4, 2)];
  for (let at = 4; at + 4 <= stored.length; ) {
    const tag = stored.readUInt16LE(at);
    const hasId = tag === 0x02 || tag === 0x08;
    if (hasId && at + 8 > stored.length) throw damaged('an access list');
    const id = hasId ? stored.readUInt32LE(at + 4) : 0xffffffff;
    entries.push(stored.subarray(at, at + 4), le(4, id));
    at += hasId ? 8 : 4;
  }
  return Buffer.concat(entries);
}

function le(bytes: number, value: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntLE(value, 0, bytes);
  return buffer;
}
