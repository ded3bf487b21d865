/**
 * The superblock of an ext2, ext3 or ext4 file system: what it is called, which features it has,
 * and the sizes from which the places of everything else follow.
 */
import { type BoundedReader, damaged, UnreadableContents } from './bounded-reader.ts';
import { crc32c } from './crc32c.ts';

const superblockStart = 1024;
const superblockBytes = 1024;
const magic = 0xef53;
/** All ones: what a checksum begins with where nothing else is said. */
export const ones = 0xffffffff;

const compat = { journal: 0x4, sparseSuper2: 0x200 };
const roCompat = {
  sparseSuper: 0x1,
  largeFile: 0x2,
  folderTree: 0x4,
  groupChecksums: 0x10,
  bigAllocation: 0x200,
  metadataChecksums: 0x400,
};
const incompat = {
  compression: 0x1,
  fileType: 0x2,
  recover: 0x4,
  journalDevice: 0x8,
  metaGroups: 0x10,
  extents: 0x40,
  wide: 0x80,
  multiMount: 0x100,
  flexGroups: 0x200,
  attributeInodes: 0x400,
  folderData: 0x1000,
  checksumSeed: 0x2000,
  largeFolders: 0x4000,
  inlineData: 0x8000,
  encryption: 0x10000,
  caseFolding: 0x20000,
};
/** By the names that e2fsprogs gives them. */
const refused = new Map([
  [incompat.compression, 'compression'],
  [incompat.journalDevice, 'journal_dev'],
  [incompat.folderData, 'dirdata'],
]);
const known = Object.values(incompat).reduce((all, flag) => all | flag, 0);
/** What the drivers of ext2 and ext3 knew. */
const ofExt3 = {
  roCompat: roCompat.sparseSuper | roCompat.largeFile | roCompat.folderTree,
  incompat: incompat.fileType | incompat.recover | incompat.metaGroups,
};
const state = { valid: 0x1 };
const unsignedHashes = 0x2;

export class Ext4Superblock {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly inodes: number;
  readonly inodeBytes: number;
  readonly inodesPerGroup: number;
  readonly blocksPerGroup: number;
  /** Where the first group begins. */
  readonly firstBlock: number;
  readonly descriptorBytes: number;
  /** What checksums begin with. */
  readonly seed: number;
  readonly hasChecksums: boolean;
  /** The older ones, of descriptors of groups alone. */
  readonly hasGroupChecksums: boolean;
  readonly hasFileTypes: boolean;
  readonly isUnclean: boolean;
  readonly kind: 'ext2' | 'ext3' | 'ext4';
  readonly label?: string;
  readonly id: string;
  readonly uuid: Buffer;
  /** Groups of descriptors from this one on have theirs in themselves; undefined where none has. */
  readonly firstMetaGroup?: number;
  /** Of the hashes of names. */
  readonly hashSeed: Buffer;
  readonly hashesUnsigned: boolean;
  /** All of it but what changes while it is in use: counts of what is free, times, a journal. */
  readonly layout: string;
  readonly #bytes: Buffer;

  private constructor(bytes: Buffer) {
    const u32 = (offset: number) => bytes.readUInt32LE(offset);
    const has = (offset: number, flag: number) => (u32(offset) & flag) !== 0;
    this.#bytes = bytes;
    checkFeatures(u32(0x60));
    const wide = has(0x60, incompat.wide);
    if (u32(0x18) > 6) throw damaged('its superblock');
    this.blockBytes = 1024 << u32(0x18);
    this.blocks = u32(0x04) + (wide ? u32(0x150) * 2 ** 32 : 0);
    this.inodes = u32(0x00);
    this.firstBlock = u32(0x14);
    this.blocksPerGroup = u32(0x20);
    this.inodesPerGroup = u32(0x28);
    this.inodeBytes = u32(0x4c) === 0 ? 128 : bytes.readUInt16LE(0x58);
    this.descriptorBytes = wide ? bytes.readUInt16LE(0xfe) : 32;
    const isClean = (bytes.readUInt16LE(0x3a) & state.valid) !== 0;
    this.isUnclean = has(0x60, incompat.recover) || !isClean;
    this.hasChecksums = has(0x64, roCompat.metadataChecksums);
    this.hasGroupChecksums = has(0x64, roCompat.groupChecksums);
    this.hasFileTypes = has(0x60, incompat.fileType);
    this.uuid = bytes.subarray(0x68, 0x78);
    this.id = this.uuid.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const label = bytes.subarray(0x78, 0x88);
    const labelEnd = label.indexOf(0);
    if (labelEnd !== 0) this.label = label.toString('utf8', 0, labelEnd < 0 ? 16 : labelEnd);
    this.seed = has(0x60, incompat.checksumSeed) ? u32(0x270) : crc32c(ones, this.uuid);
    this.hashSeed = bytes.subarray(0xec, 0xfc);
    this.hashesUnsigned = has(0x160, unsignedHashes);
    if (has(0x60, incompat.metaGroups)) this.firstMetaGroup = u32(0x104);
    const isNewer = (u32(0x64) & ~ofExt3.roCompat) !== 0 || (u32(0x60) & ~ofExt3.incompat) !== 0;
    if (isNewer) this.kind = 'ext4';
    else this.kind = has(0x5c, compat.journal) ? 'ext3' : 'ext2';
    const sizes = [this.blockBytes, this.blocks, this.inodes, this.inodeBytes, this.inodesPerGroup];
    const places = [this.blocksPerGroup, this.firstBlock, this.descriptorBytes, u32(0x104)];
    const features = [u32(0x5c), u32(0x60) & ~incompat.recover, u32(0x64), this.seed];
    this.layout = [...sizes, ...places, ...features, u32(0x1c), this.id].join();
    this.#check(has(0x64, roCompat.bigAllocation));
  }

  static async isHere(reader: BoundedReader): Promise<boolean> {
    if (!reader.has(superblockStart, superblockBytes)) return false;
    return (await reader.read(superblockStart + 0x38, 2)).readUInt16LE() === magic;
  }

  static async read(reader: BoundedReader): Promise<Ext4Superblock> {
    const bytes = await reader.read(superblockStart, superblockBytes);
    if (bytes.readUInt16LE(0x38) !== magic) throw damaged('its superblock');
    return new Ext4Superblock(bytes);
  }

  /** Groups say how many of their inodes were never in use. */
  get countsUnused(): boolean {
    return this.hasChecksums || this.hasGroupChecksums;
  }

  #check(hasClusters: boolean): void {
    const isPower = (value: number) => value > 0 && (value & (value - 1)) === 0;
    const fits = (value: number, min: number, max: number) => value >= min && value <= max;
    const perBlock = this.blockBytes * 8;
    const logCluster = this.#bytes.readUInt32LE(0x1c) - this.#bytes.readUInt32LE(0x18);
    if (hasClusters && !fits(logCluster, 0, 20)) throw damaged('its superblock');
    const right =
      isPower(this.inodeBytes) &&
      fits(this.inodeBytes, 128, this.blockBytes) &&
      isPower(this.descriptorBytes) &&
      fits(this.descriptorBytes, 32, Math.min(1024, this.blockBytes)) &&
      fits(this.blocksPerGroup, 1, hasClusters ? perBlock * 2 ** logCluster : perBlock) &&
      fits(this.inodesPerGroup, 1, perBlock) &&
      this.firstBlock < this.blocks;
    if (!right) throw damaged('its superblock');
    const checksum = this.#bytes.readUInt32LE(0x3fc);
    if (this.hasChecksums && crc32c(ones, this.#bytes.subarray(0, 0x3fc)) !== checksum) {
      throw damaged('the checksum of its superblock');
    }
  }

  /** Where the descriptor of a group is. */
  descriptorStart(group: number): number {
    const { blockBytes, descriptorBytes, firstMetaGroup } = this;
    const perBlock = blockBytes / descriptorBytes;
    const metaGroup = Math.floor(group / perBlock);
    const within = (group % perBlock) * descriptorBytes;
    // The superblock is in a block of its own where blocks are as small, whatever the first is.
    const superblock = Math.max(this.firstBlock, superblockStart / blockBytes >= 1 ? 1 : 0);
    if (firstMetaGroup === undefined || metaGroup < firstMetaGroup) {
      return (superblock + 1 + metaGroup) * blockBytes + within;
    }
    const first = metaGroup * perBlock;
    const start = first === 0 ? superblock : this.firstBlock + first * this.blocksPerGroup;
    return (start + (this.#hasCopy(first) ? 1 : 0)) * blockBytes + within;
  }

  /** Of the superblock, in this group. */
  #hasCopy(group: number): boolean {
    if (group === 0) return true;
    const u32 = (offset: number) => this.#bytes.readUInt32LE(offset);
    if ((u32(0x5c) & compat.sparseSuper2) !== 0) return [u32(0x24c), u32(0x250)].includes(group);
    if (group === 1 || (u32(0x64) & roCompat.sparseSuper) === 0) return true;
    return [3, 5, 7].some((base) => {
      let power = base;
      while (power < group) power *= base;
      return power === group;
    });
  }
}

function checkFeatures(flags: number): void {
  for (const [flag, name] of refused) {
    if ((flags & flag) !== 0) {
      throw new UnreadableContents(`the file system has the feature ${name}, which is not read`);
    }
  }
  if ((flags & ~known) !== 0) {
    throw new UnreadableContents('the file system has features that are not known here');
  }
}
