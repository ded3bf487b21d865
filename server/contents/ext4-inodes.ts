/**
 * The inodes of an ext2, ext3 or ext4 file system, found through the descriptors of their groups,
 * with the checksums of both where it has them.
 */
import { type BoundedReader, damaged } from './bounded-reader.ts';
import { CachedReader } from './cached-reader.ts';
import { crc16, crc32c, le32 } from './crc32c.ts';
import { Ext4Superblock } from './ext4-superblock.ts';
import type { FileKind, Inode } from './file-system.ts';

export interface Ext4Inode extends Inode {
  bytes: Buffer;
  flags: number;
  /** What checksums of its blocks begin with. */
  checksumSeed: number;
}

export const inodeFlags = {
  encrypted: 0x800,
  indexed: 0x1000,
  extents: 0x80000,
  attributeInode: 0x200000,
  inline: 0x10000000,
  caseFolded: 0x40000000,
};

const kinds = new Map<number, FileKind>([
  [0x1000, 'fifo'],
  [0x2000, 'character-device'],
  [0x4000, 'folder'],
  [0x6000, 'block-device'],
  [0x8000, 'file'],
  [0xa000, 'link'],
  [0xc000, 'socket'],
]);

/** Of a group. */
export interface InodeTable {
  start: number;
  /** Those behind them were never in use. */
  count: number;
}

/** Of an inode, what is behind the older 128 bytes of it. */
const extraStart = 0x80;
const groupChecksumAt = 0x1e;
/** Of a group, that none of its inodes is in use. */
const uninitialised = 0x1;

export class Ext4Inodes {
  readonly superblock: Ext4Superblock;
  readonly reader: BoundedReader;
  readonly #cache: CachedReader;
  readonly #tables = new Map<number, InodeTable>();

  private constructor(reader: BoundedReader, superblock: Ext4Superblock) {
    this.reader = reader;
    this.superblock = superblock;
    this.#cache = new CachedReader(reader);
  }

  static async open(reader: BoundedReader): Promise<Ext4Inodes> {
    return new Ext4Inodes(reader, await Ext4Superblock.read(reader));
  }

  /** One of metadata, which is kept. */
  readBlock(block: number): Promise<Buffer> {
    const { blocks, blockBytes } = this.superblock;
    if (block >= blocks) throw damaged('a block behind its end');
    return this.#cache.read(block * blockBytes, blockBytes);
  }

  /** Of what an inode holds: of folders and links kept, as they are metadata too. */
  readBytes(inode: Ext4Inode, offset: number, length: number): Promise<Buffer> {
    return (inode.kind === 'file' ? this.reader : this.#cache).read(offset, length);
  }

  async inode(number: number): Promise<Ext4Inode> {
    return this.#checked(number, await this.#bytesOf(number));
  }

  /** Undefined where it has no name. */
  async used(number: number): Promise<Ext4Inode | undefined> {
    const bytes = await this.#bytesOf(number);
    const isUsed = bytes.readUInt16LE(0) !== 0 && bytes.readUInt16LE(0x1a) !== 0;
    return isUsed ? this.#checked(number, bytes) : undefined;
  }

  async #bytesOf(number: number): Promise<Buffer> {
    const { inodes, inodesPerGroup, inodeBytes } = this.superblock;
    if (number < 1 || number > inodes) throw damaged('the number of an inode');
    const group = Math.floor((number - 1) / inodesPerGroup);
    const index = (number - 1) % inodesPerGroup;
    const { start } = this.#tables.get(group) ?? (await this.table(group));
    return this.#cache.read(start + index * inodeBytes, inodeBytes);
  }

  #checked(number: number, bytes: Buffer): Ext4Inode {
    const { superblock } = this;
    const checksumSeed = crc32c(superblock.seed, le32(number), bytes.subarray(0x64, 0x68));
    if (superblock.hasChecksums) checkInode(bytes, checksumSeed);
    return inodeOf(number, bytes, checksumSeed);
  }

  async table(group: number): Promise<InodeTable> {
    const { superblock } = this;
    const { descriptorBytes, blockBytes, inodesPerGroup } = superblock;
    const place = superblock.descriptorStart(group);
    const descriptor = await this.#cache.read(place, descriptorBytes);
    if (groupChecksum(superblock, group, descriptor) !== descriptor.readUInt16LE(groupChecksumAt)) {
      throw damaged('the checksum of a group');
    }
    const high = descriptorBytes >= 64 ? descriptor.readUInt32LE(0x28) : 0;
    const block = descriptor.readUInt32LE(0x08) + high * 2 ** 32;
    const unused = superblock.countsUnused ? unusedInodes(descriptor) : 0;
    const count = Math.max(0, inodesPerGroup - unused);
    const table = { start: block * blockBytes, count };
    this.#tables.set(group, table);
    return table;
  }
}

function inodeOf(number: number, bytes: Buffer, checksumSeed: number): Ext4Inode {
  const type = bytes.readUInt16LE(0);
  const kind = kinds.get(type & 0xf000);
  if (!kind) throw damaged('an inode of no kind');
  const high = kind === 'file' || kind === 'folder' ? bytes.readUInt32LE(0x6c) : 0;
  const sizeBytes = bytes.readUInt32LE(4) + high * 2 ** 32;
  if (!Number.isSafeInteger(sizeBytes)) throw damaged('the size of a file');
  const inode: Ext4Inode = {
    number,
    kind,
    mode: type & 0xfff,
    uid: bytes.readUInt16LE(0x02) + bytes.readUInt16LE(0x78) * 2 ** 16,
    gid: bytes.readUInt16LE(0x18) + bytes.readUInt16LE(0x7a) * 2 ** 16,
    sizeBytes,
    links: bytes.readUInt16LE(0x1a),
    ...modificationOf(bytes),
    bytes,
    flags: bytes.readUInt32LE(0x20),
    checksumSeed,
  };
  if ((inode.flags & inodeFlags.encrypted) !== 0) inode.isEncrypted = true;
  if (kind === 'character-device' || kind === 'block-device') inode.device = deviceOf(bytes);
  return inode;
}

/** Two bits more of seconds, and nanoseconds, where the inode has room for them. */
function modificationOf(bytes: Buffer): { modifiedAt: Date; nanoseconds: number } {
  const seconds = bytes.readInt32LE(0x10);
  const extra = extraBytes(bytes) >= 12 ? bytes.readUInt32LE(0x88) : 0;
  const wide = seconds + (extra & 3) * 2 ** 32;
  const nanoseconds = Math.min(extra >>> 2, 999_999_999);
  return { modifiedAt: new Date(wide * 1000 + Math.floor(nanoseconds / 1e6)), nanoseconds };
}

/** In the first word as of old, or in the second with more bits. */
function deviceOf(bytes: Buffer): { major: number; minor: number } {
  const old = bytes.readUInt32LE(0x28);
  if (old !== 0) return { major: (old >>> 8) & 0xff, minor: old & 0xff };
  const wide = bytes.readUInt32LE(0x2c);
  return { major: (wide >>> 8) & 0xfff, minor: (wide & 0xff) | ((wide >>> 12) & 0xfff00) };
}

/** What of it is in use behind its older 128 bytes. */
export function extraBytes(bytes: Buffer): number {
  return bytes.length > extraStart ? bytes.readUInt16LE(extraStart) : 0;
}

function groupChecksum(superblock: Ext4Superblock, group: number, descriptor: Buffer): number {
  const before = descriptor.subarray(0, groupChecksumAt);
  const after = descriptor.subarray(groupChecksumAt + 2);
  if (superblock.hasChecksums) {
    return crc32c(superblock.seed, le32(group), before, nothing, after) & 0xffff;
  }
  if (superblock.hasGroupChecksums) {
    return crc16(0xffff, superblock.uuid, le32(group), before, after);
  }
  return descriptor.readUInt16LE(groupChecksumAt);
}

function unusedInodes(descriptor: Buffer): number {
  if ((descriptor.readUInt16LE(0x12) & uninitialised) !== 0) return Number.POSITIVE_INFINITY;
  const high = descriptor.length >= 64 ? descriptor.readUInt16LE(0x32) : 0;
  return descriptor.readUInt16LE(0x1c) + high * 2 ** 16;
}

const nothing = Buffer.alloc(2);

function checkInode(bytes: Buffer, seed: number): void {
  const hasHigh = extraBytes(bytes) >= 4;
  const older = crc32c(seed, bytes.subarray(0, 0x7c), nothing, bytes.subarray(0x7e, 0x80));
  const checksum = hasHigh
    ? crc32c(older, bytes.subarray(0x80, 0x82), nothing, bytes.subarray(0x84))
    : crc32c(older, bytes.subarray(0x80));
  const right = hasHigh
    ? checksum === bytes.readUInt16LE(0x7c) + bytes.readUInt16LE(0x82) * 2 ** 16
    : (checksum & 0xffff) === bytes.readUInt16LE(0x7c);
  if (!right) throw damaged('the checksum of an inode');
}
