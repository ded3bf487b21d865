/**
 * Makes an ext4 file system that mke2fs has just filled tell nothing of when that was: mke2fs copies
 * the times of files' last changes, which nobody can set. All inodes in use get the one time that
 * builds know, and checksums that agree, so that the same files are the same bytes. Only for what
 * this machine has made itself; the layout is in Linux' Documentation/filesystems/ext4.
 */
import { open } from 'node:fs/promises';
import { crc32c, le32 } from '../contents/crc32c.ts';

/** What mke2fs makes here, and nothing else. */
interface Layout {
  groups: number;
  inodesPerGroup: number;
  inodeBytes: number;
  blockBytes: number;
  descriptorBytes: number;
  checksumSeed: number;
}

const superblockOffset = 1024;
const superblockBytes = 1024;
const metadataChecksums = 0x400;
const sixtyFourBit = 0x80;
const seedInSuperblock = 0x2000;
const field = { ctime: 0x0c, atime: 0x08, checksumLow: 0x7c, checksumHigh: 0x82 };
const extra = { ctime: 0x84, atime: 0x8c };
const generationOffset = 0x64;

/** Of the file system that begins at `offset` of the disk. */
export async function settleTimes(diskPath: string, offset: number, time: number): Promise<void> {
  const file = await open(diskPath, 'r+');
  try {
    const read = async (position: number, length: number) => {
      const bytes = Buffer.alloc(length);
      await file.read(bytes, 0, length, offset + position);
      return bytes;
    };
    const layout = layoutOf(await read(superblockOffset, superblockBytes));
    const { blockBytes, descriptorBytes, groups, inodeBytes, inodesPerGroup } = layout;
    // Behind the block that the superblock is in.
    const descriptors = await read(blockBytes, groups * descriptorBytes);
    for (let group = 0; group < groups; group++) {
      const descriptor = descriptors.subarray(group * descriptorBytes);
      const used = inodesPerGroup - unusedOf(descriptor, descriptorBytes);
      if (used === 0) continue;
      const start = inodeTableOf(descriptor, descriptorBytes) * blockBytes;
      const table = await read(start, used * inodeBytes);
      for (let index = 0; index < used; index++) {
        const inode = table.subarray(index * inodeBytes, (index + 1) * inodeBytes);
        // Without a mode it is not in use; mke2fs keeps some of the first so.
        if (inode.readUInt16LE(0) === 0) continue;
        settle(inode, group * inodesPerGroup + index + 1, layout, time);
      }
      await file.write(table, 0, table.length, offset + start);
    }
  } finally {
    await file.close();
  }
}

function layoutOf(superblock: Buffer): Layout {
  const compatible = superblock.readUInt32LE(0x64);
  const incompatible = superblock.readUInt32LE(0x60);
  if (superblock.readUInt16LE(0x38) !== 0xef53 || !(compatible & metadataChecksums)) {
    throw new Error('mke2fs has made a file system without checksums of its metadata');
  }
  const blockBytes = 1024 << superblock.readUInt32LE(0x18);
  if (blockBytes < 4096) throw new Error(`mke2fs has made blocks of ${blockBytes} bytes`);
  const blocks = superblock.readUInt32LE(0x04);
  return {
    blockBytes,
    groups: Math.ceil(blocks / superblock.readUInt32LE(0x20)),
    inodesPerGroup: superblock.readUInt32LE(0x28),
    inodeBytes: superblock.readUInt16LE(0x58),
    descriptorBytes: incompatible & sixtyFourBit ? superblock.readUInt16LE(0xfe) : 32,
    checksumSeed:
      incompatible & seedInSuperblock
        ? superblock.readUInt32LE(0x270)
        : crc32c(0xffffffff, superblock.subarray(0x68, 0x78)),
  };
}

function unusedOf(descriptor: Buffer, bytes: number): number {
  const high = bytes > 32 ? descriptor.readUInt16LE(0x32) : 0;
  return descriptor.readUInt16LE(0x1c) + high * 0x10000;
}

function inodeTableOf(descriptor: Buffer, bytes: number): number {
  const high = bytes > 32 ? descriptor.readUInt32LE(0x28) : 0;
  return descriptor.readUInt32LE(0x08) + high * 2 ** 32;
}

function settle(inode: Buffer, number: number, layout: Layout, time: number): void {
  for (const at of [field.ctime, field.atime]) inode.writeUInt32LE(time, at);
  for (const at of [extra.ctime, extra.atime]) inode.writeUInt32LE(0, at);
  inode.writeUInt16LE(0, field.checksumLow);
  inode.writeUInt16LE(0, field.checksumHigh);
  const generation = inode.subarray(generationOffset, generationOffset + 4);
  const checksum = crc32c(layout.checksumSeed, le32(number), generation, inode);
  inode.writeUInt16LE(checksum & 0xffff, field.checksumLow);
  inode.writeUInt16LE(checksum >>> 16, field.checksumHigh);
}
