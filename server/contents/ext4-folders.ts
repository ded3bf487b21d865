/**
 * Folders of an ext file system: all entries of one, in blocks with their checksums, or in the
 * inode. Through the index of a large one it is ext4-index.ts that looks.
 */
import { damaged } from './bounded-reader.ts';
import { crc32c } from './crc32c.ts';
import { inlineContent, isInline } from './ext4-attribute-list.ts';
import { readContent, refuseEncrypted } from './ext4-blocks.ts';
import { type Ext4Inode, type Ext4Inodes, inodeFlags } from './ext4-inodes.ts';
import type { Entry } from './file-system.ts';

/** A million names of the usual lengths. */
const folderMaxBytes = 64 * 1024 ** 2;
const entriesMax = 1_000_000;
const tailBytes = 12;
const tailMark = 0xde00000c;

export async function readEntries(inodes: Ext4Inodes, folder: Ext4Inode): Promise<Entry[]> {
  refuseEncrypted(folder);
  const entries: Entry[] = [];
  if (isInline(folder)) {
    // The parent comes first, and what did not fit there is a block of its own.
    const content = inlineContent(folder);
    addEntries(entries, content.subarray(4, 60));
    addEntries(entries, content.subarray(60));
    return entries;
  }
  if (folder.sizeBytes > folderMaxBytes) throw damaged('a folder is too large');
  const content = await readContent(inodes, folder, 0, folder.sizeBytes);
  const { blockBytes, hasChecksums } = inodes.superblock;
  if (content.length % blockBytes !== 0) throw damaged('a folder');
  // The blocks of an index look like entries of nothing.
  for (let at = 0; at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    if (hasChecksums) checkFolderBlock(block, folder, at === 0);
    addEntries(entries, block);
    if (entries.length > entriesMax) throw damaged('a folder is too large');
  }
  return entries;
}

/** The number of what has this name, in a block that was checked. */
export function numberIn(block: Buffer, name: Buffer): number | undefined {
  for (let at = 0; at + 8 <= block.length; at = nextEntry(block, at)) {
    const isNamed =
      block.readUInt8(at + 6) === name.length &&
      block.compare(name, 0, name.length, at + 8, at + 8 + name.length) === 0;
    if (isNamed && block.readUInt32LE(at) !== 0) return block.readUInt32LE(at);
  }
  return undefined;
}

function addEntries(entries: Entry[], block: Buffer): void {
  for (let at = 0; at + 8 <= block.length; at = nextEntry(block, at)) {
    const number = block.readUInt32LE(at);
    const nameLength = block.readUInt8(at + 6);
    if (number === 0 || nameLength === 0) continue;
    const name = block.subarray(at + 8, at + 8 + nameLength);
    if (!isDots(name)) entries.push({ name, number });
  }
}

/** Where the entry after that at `at` begins. */
function nextEntry(block: Buffer, at: number): number {
  const length = entryLength(block.readUInt16LE(at + 4), block.length);
  const fits = length >= 8 + block.readUInt8(at + 6) && at + length <= block.length;
  if (!fits || length % 4 !== 0) throw damaged('a folder');
  return at + length;
}

/** Of blocks of 64 KiB, with the bits that are left over in those that others have no use for. */
function entryLength(said: number, blockBytes: number): number {
  if (blockBytes < 2 ** 16) return said;
  return said === 0 || said === 0xffff ? blockBytes : (said & 0xfffc) | ((said & 3) << 16);
}

/** Also refuses what would be a path. */
function isDots(name: Buffer): boolean {
  let dots = 0;
  for (const byte of name) {
    if (byte === 0x2f || byte === 0) throw damaged('the name of a file');
    if (byte === 0x2e) dots++;
  }
  return dots === name.length && dots <= 2;
}

export function checkFolderBlock(block: Buffer, folder: Ext4Inode, isFirst: boolean): void {
  const { checksumSeed } = folder;
  const isIndexed = (folder.flags & inodeFlags.indexed) !== 0;
  const right =
    isIndexed && (isFirst || isIndexBlock(block))
      ? indexChecksumFits(block, checksumSeed, isFirst)
      : checksumFits(block, checksumSeed);
  if (!right) throw damaged('the checksum of a folder');
}

export function isIndexBlock(block: Buffer): boolean {
  return (
    block.readUInt32LE(0) === 0 && entryLength(block.readUInt16LE(4), block.length) === block.length
  );
}

function checksumFits(block: Buffer, seed: number): boolean {
  const tail = block.length - tailBytes;
  if (block.readUInt32LE(tail) !== 0 || block.readUInt32LE(tail + 4) !== tailMark) return false;
  return crc32c(seed, block.subarray(0, tail)) === block.readUInt32LE(tail + 8);
}

/** That of the root is behind `.` and `..` and what says how it was made. */
function indexChecksumFits(block: Buffer, seed: number, isRoot: boolean): boolean {
  const start = isRoot ? 24 + block.readUInt8(29) : 8;
  if (start + 4 > block.length) return false;
  const [limit, count] = [block.readUInt16LE(start), block.readUInt16LE(start + 2)];
  const tail = start + limit * 8;
  if (count > limit || tail + 8 > block.length) return false;
  const upToCount = block.subarray(0, start + count * 8);
  const checksum = crc32c(seed, upToCount, block.subarray(tail, tail + 4), Buffer.alloc(4));
  return checksum === block.readUInt32LE(tail + 4);
}
