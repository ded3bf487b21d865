/**
 * Where things are in an ext2, ext3 or ext4 file system: its superblock, its descriptors of groups
 * and its inodes, with their checksums where it has them. What is in files is ext4-blocks.ts's.
 */
import { type BoundedReader, UnreadableContents } from './bounded-reader.ts';
import { crc32c, le32 } from './crc32c.ts';

const superblockStart = 1024;
const magic = 0xef53;
/** All ones: what a checksum begins with where nothing else is said. */
const ones = 0xffffffff;

const compatSparseSuper2 = 0x200;
const roCompat = { sparseSuper: 0x1, metadataChecksums: 0x400 };
const incompat = {
  fileType: 0x2,
  recover: 0x4,
  metaGroups: 0x10,
  extents: 0x40,
  wide: 0x80,
  multiMount: 0x100,
  flexGroups: 0x200,
  attributeInodes: 0x400,
  checksumSeed: 0x2000,
  largeFolders: 0x4000,
  inlineData: 0x8000,
  encryption: 0x10000,
  caseFolding: 0x20000,
};
const known = Object.values(incompat).reduce((all, flag) => all | flag, 0);

export interface Inode {
  number: number;
  bytes: Buffer;
  mode: number;
  sizeBytes: number;
  flags: number;
  /** What checksums of its blocks begin with. */
  checksumSeed: number;
}

export class Ext4Layout {
  readonly reader: BoundedReader;
  readonly blockBytes: number;
  readonly blocks: number;
  /** It was not unmounted, nor frozen: what its journal holds is newer than what is read here. */
  readonly isUnclean: boolean;
  readonly hasChecksums: boolean;
  readonly #superblock: Buffer;
  readonly #incompat: number;
  readonly #inodes: number;
  readonly #inodeBytes: number;
  readonly #inodesPerGroup: number;
  readonly #blocksPerGroup: number;
  readonly #firstBlock: number;
  readonly #descriptorBytes: number;
  readonly #seed: number;

  private constructor(reader: BoundedReader, superblock: Buffer) {
    const u32 = (offset: number) => superblock.readUInt32LE(offset);
    this.reader = reader;
    this.#superblock = superblock;
    this.#incompat = u32(0x60);
    const wide = (this.#incompat & incompat.wide) !== 0;
    const logBlock = u32(0x18);
    if (logBlock > 6) throw damaged('its superblock');
    this.blockBytes = 1024 << logBlock;
    this.blocks = u32(0x04) + (wide ? u32(0x150) * 2 ** 32 : 0);
    this.#inodes = u32(0x00);
    this.#firstBlock = u32(0x14);
    this.#blocksPerGroup = u32(0x20);
    this.#inodesPerGroup = u32(0x28);
    this.#inodeBytes = u32(0x4c) === 0 ? 128 : superblock.readUInt16LE(0x58);
    this.#descriptorBytes = wide ? superblock.readUInt16LE(0xfe) : 32;
    this.isUnclean = (this.#incompat & incompat.recover) !== 0;
    this.hasChecksums = (u32(0x64) & roCompat.metadataChecksums) !== 0;
    const hasSeed = (this.#incompat & incompat.checksumSeed) !== 0;
    this.#seed = hasSeed ? u32(0x270) : crc32c(ones, superblock.subarray(0x68, 0x78));
  }

  static async isHere(reader: BoundedReader): Promise<boolean> {
    if (!reader.has(superblockStart, 1024)) return false;
    return (await reader.read(superblockStart + 0x38, 2)).readUInt16LE() === magic;
  }

  static async open(reader: BoundedReader): Promise<Ext4Layout> {
    const superblock = await reader.read(superblockStart, 1024);
    if (superblock.readUInt16LE(0x38) !== magic) throw damaged('its superblock');
    const layout = new Ext4Layout(reader, superblock);
    layout.#check();
    return layout;
  }

  #check(): void {
    if ((this.#incompat & ~known) !== 0) {
      throw new UnreadableContents('the file system has features that are not known here');
    }
    const isPower = (value: number) => value > 0 && (value & (value - 1)) === 0;
    const fits = (value: number, min: number, max: number) => value >= min && value <= max;
    const perBlock = this.blockBytes * 8;
    const right =
      isPower(this.#inodeBytes) &&
      fits(this.#inodeBytes, 128, this.blockBytes) &&
      isPower(this.#descriptorBytes) &&
      fits(this.#descriptorBytes, 32, Math.min(1024, this.blockBytes)) &&
      fits(this.#blocksPerGroup, 1, perBlock) &&
      fits(this.#inodesPerGroup, 1, perBlock) &&
      this.#firstBlock < this.blocks;
    if (!right) throw damaged('its superblock');
    const checksum = this.#superblock.readUInt32LE(0x3fc);
    if (this.hasChecksums && crc32c(ones, this.#superblock.subarray(0, 0x3fc)) !== checksum) {
      throw damaged('the checksum of its superblock');
    }
  }

  readBlock(block: number): Promise<Buffer> {
    if (block >= this.blocks) throw damaged('a block behind its end');
    return this.reader.read(block * this.blockBytes, this.blockBytes);
  }

  async inode(number: number): Promise<Inode> {
    if (number < 1 || number > this.#inodes) throw damaged('the number of an inode');
    const group = Math.floor((number - 1) / this.#inodesPerGroup);
    const index = (number - 1) % this.#inodesPerGroup;
    const start = (await this.#inodeTable(group)) * this.blockBytes + index * this.#inodeBytes;
    const bytes = await this.reader.read(start, this.#inodeBytes);
    const generation = bytes.subarray(0x64, 0x68);
    const checksumSeed = crc32c(this.#seed, le32(number), generation);
    if (this.hasChecksums) checkInode(bytes, checksumSeed);
    const isRegular = (bytes.readUInt16LE(0) & 0xf000) === 0x8000;
    const isFolder = (bytes.readUInt16LE(0) & 0xf000) === 0x4000;
    const high = isRegular || isFolder ? bytes.readUInt32LE(0x6c) : 0;
    return {
      number,
      bytes,
      mode: bytes.readUInt16LE(0),
      sizeBytes: bytes.readUInt32LE(4) + high * 2 ** 32,
      flags: bytes.readUInt32LE(0x20),
      checksumSeed,
    };
  }

  async #inodeTable(group: number): Promise<number> {
    const size = this.#descriptorBytes;
    const start = this.#descriptorStart(group);
    const descriptor = await this.reader.read(start, size);
    if (this.hasChecksums) {
      const cleared = Buffer.from(descriptor);
      cleared.writeUInt16LE(0, 0x1e);
      const checksum = crc32c(this.#seed, le32(group), cleared) & 0xffff;
      if (checksum !== descriptor.readUInt16LE(0x1e)) throw damaged('the checksum of a group');
    }
    const high = size >= 64 ? descriptor.readUInt32LE(0x28) : 0;
    return descriptor.readUInt32LE(0x08) + high * 2 ** 32;
  }

  #descriptorStart(group: number): number {
    const size = this.#descriptorBytes;
    const perBlock = this.blockBytes / size;
    const metaGroup = Math.floor(group / perBlock);
    const within = (group % perBlock) * size;
    const isMeta = (this.#incompat & incompat.metaGroups) !== 0;
    const firstMeta = this.#superblock.readUInt32LE(0x104);
    if (!isMeta || metaGroup < firstMeta) {
      return (this.#firstBlock + 1 + metaGroup) * this.blockBytes + within;
    }
    const first = metaGroup * perBlock;
    const block = this.#firstBlock + first * this.#blocksPerGroup + (this.#hasCopy(first) ? 1 : 0);
    return block * this.blockBytes + within;
  }

  /** Of the superblock, in this group. */
  #hasCopy(group: number): boolean {
    if ((this.#superblock.readUInt32LE(0x5c) & compatSparseSuper2) !== 0) {
      throw new UnreadableContents('the file system has features that are not known here');
    }
    const isSparse = (this.#superblock.readUInt32LE(0x64) & roCompat.sparseSuper) !== 0;
    if (!isSparse || group <= 1) return true;
    return [3, 5, 7].some((base) => {
      let power = base;
      while (power < group) power *= base;
      return power === group;
    });
  }
}

function checkInode(bytes: Buffer, seed: number): void {
  const cleared = Buffer.from(bytes);
  cleared.writeUInt16LE(0, 0x7c);
  const extra = bytes.length > 128 ? bytes.readUInt16LE(0x80) : 0;
  const hasHigh = extra >= 4;
  if (hasHigh) cleared.writeUInt16LE(0, 0x82);
  const checksum = crc32c(seed, cleared);
  const right = hasHigh
    ? checksum === bytes.readUInt16LE(0x7c) + bytes.readUInt16LE(0x82) * 2 ** 16
    : (checksum & 0xffff) === bytes.readUInt16LE(0x7c);
  if (!right) throw damaged('the checksum of an inode');
}

export function damaged(what: string): UnreadableContents {
  return new UnreadableContents(`the file system is damaged: ${what}`);
}
