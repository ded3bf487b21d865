/**
 * Where things are in an XFS file system, of version 4 or 5: its superblock with its features, the
 * addresses of its blocks and inodes, and the checks that all its structures have in common.
 */
import { type BoundedReader, damaged, UnreadableContents } from './bounded-reader.ts';
import { CachedReader } from './cached-reader.ts';
import { crc32c } from './crc32c.ts';

const magic = 'XFSB';
const superblockBytes = 512;
const checksumSeed = 0xffffffff;

const checkedMax = 50_000;

const version = { mask: 0x000f, folders2: 0x2000, asciiCase: 0x4000, more: 0x8000 };
const features2 = { fileType: 0x200 };
const incompat = {
  fileType: 0x1,
  sparseInodes: 0x2,
  metaUuid: 0x4,
  bigTime: 0x8,
  needsRepair: 0x10,
  manyExtents: 0x20,
  exchangeRange: 0x40,
  parentPointers: 0x80,
};
const known = Object.values(incompat).reduce((all, flag) => all | flag, 0);
/** Whose names are in the kernel, and which move things. */
const named = new Map([
  [0x100, 'metadir'],
  [0x200, 'zoned'],
  [0x400, 'zone_gaps'],
]);

/** Where the parts of a header are that tell what it is of; those of version 5 have one. */
export interface SelfDescription {
  checksum: number;
  /** In sectors. */
  block: number;
  uuid: number;
  owner: number;
}

export class XfsLayout {
  readonly reader: BoundedReader;
  readonly blockBytes: number;
  /** Of version 5: with checksums. */
  readonly hasChecksums: boolean;
  /** Entries of folders say of which kind each file is. */
  readonly hasFileType: boolean;
  /** Names are the same in small letters and in capitals. */
  readonly ignoresCase: boolean;
  readonly rootNumber: number;
  readonly label: string;
  readonly uuid: Buffer;
  readonly inodeBytes: number;
  /** Of a block of a folder, in blocks. */
  readonly folderBlocks: number;
  readonly log: { block: number; blocks: number; stripeBytes: number };
  readonly #metaUuid: Buffer;
  readonly #blocks: number;
  readonly #groups: number;
  readonly #blocksPerGroup: number;
  /** What numbers of blocks and inodes have room for, which may be more than a group has. */
  readonly #blocksInNumber: number;
  readonly #inodesPerBlock: number;
  readonly #structures: CachedReader;
  /** What was found right is so when it is asked for again, as an index is for each name. */
  readonly #checked = new Map<number, { owner: number; at: SelfDescription; length: number }>();

  private constructor(reader: BoundedReader, bytes: Buffer) {
    const u8 = (offset: number) => bytes.readUInt8(offset);
    const u16 = (offset: number) => bytes.readUInt16BE(offset);
    const u32 = (offset: number) => bytes.readUInt32BE(offset);
    this.reader = reader;
    this.#structures = new CachedReader(reader);
    this.blockBytes = u32(4);
    this.#blocks = safe(bytes, 8);
    this.uuid = bytes.subarray(32, 48);
    this.log = { block: safe(bytes, 48), blocks: u32(96), stripeBytes: u32(196) };
    this.rootNumber = safe(bytes, 56);
    this.#blocksPerGroup = u32(84);
    this.#groups = u32(88);
    this.hasChecksums = (u16(100) & version.mask) === 5;
    this.inodeBytes = u16(104);
    this.label = text(bytes.subarray(108, 120));
    this.#inodesPerBlock = this.blockBytes / this.inodeBytes;
    this.#blocksInNumber = 2 ** u8(124);
    this.folderBlocks = 2 ** u8(192);
    this.ignoresCase = (u16(100) & version.asciiCase) !== 0;
    const more = (u16(100) & version.more) !== 0 ? u32(200) : 0;
    const of5 = this.hasChecksums ? u32(216) : 0;
    this.hasFileType = ((more & features2.fileType) | (of5 & incompat.fileType)) !== 0;
    this.#metaUuid = (of5 & incompat.metaUuid) !== 0 ? bytes.subarray(248, 264) : this.uuid;
  }

  static async isHere(reader: BoundedReader): Promise<boolean> {
    if (!reader.has(0, superblockBytes)) return false;
    return (await reader.read(0, 4)).toString('latin1') === magic;
  }

  static async open(reader: BoundedReader): Promise<XfsLayout> {
    const head = await reader.read(0, superblockBytes);
    if (head.toString('latin1', 0, 4) !== magic) throw damaged('its superblock');
    const sectorBytes = head.readUInt16BE(102);
    if (!isPower(sectorBytes) || sectorBytes < 512 || sectorBytes > 32_768) {
      throw damaged('its superblock');
    }
    const bytes = await reader.read(0, sectorBytes);
    checkVersion(bytes);
    const layout = new XfsLayout(reader, bytes);
    layout.#check(bytes);
    return layout;
  }

  #check(bytes: Buffer): void {
    const isLog = (at: number, value: number) => 2 ** bytes.readUInt8(at) === value;
    const groups = this.#groups;
    const right =
      isPower(this.blockBytes) &&
      isPower(this.inodeBytes) &&
      this.blockBytes >= 512 &&
      this.blockBytes <= 65_536 &&
      this.inodeBytes >= (this.hasChecksums ? 512 : 256) &&
      this.inodeBytes <= Math.min(2048, this.blockBytes) &&
      isLog(120, this.blockBytes) &&
      isLog(123, this.#inodesPerBlock) &&
      this.blockBytes * this.folderBlocks <= 65_536 &&
      groups > 0 &&
      this.#blocksPerGroup >= 64 &&
      this.#blocksInNumber >= this.#blocksPerGroup &&
      this.#blocksInNumber < this.#blocksPerGroup * 2 &&
      this.#blocks <= groups * this.#blocksPerGroup &&
      this.#blocks > (groups - 1) * this.#blocksPerGroup &&
      Number.isSafeInteger(this.#blocks * this.blockBytes);
    // One that mkfs has not come to the end of.
    if (!right || bytes.readUInt8(126) !== 0) throw damaged('its superblock');
  }

  /** The place of blocks on the disk, all of one group, by the number of the first. */
  placeOf(block: number, count = 1): number {
    const group = Math.floor(block / this.#blocksInNumber);
    const within = block % this.#blocksInNumber;
    const first = group * this.#blocksPerGroup + within;
    const isInGroup = group < this.#groups && within + count <= this.#blocksPerGroup;
    if (!isInGroup || first + count > this.#blocks) throw damaged('a block behind its end');
    return first * this.blockBytes;
  }

  /** Of structures; what files hold is read past what is kept of those. */
  readBlocks(block: number, count = 1): Promise<Buffer> {
    return this.readStructure(this.placeOf(block, count), count * this.blockBytes);
  }

  readStructure(offset: number, length: number): Promise<Buffer> {
    return this.#structures.read(offset, length);
  }

  /** Of an inode; whether it is one is for whoever reads it to see. */
  async readInode(number: number): Promise<Buffer> {
    if (!Number.isSafeInteger(number) || number < 1) throw damaged('the number of an inode');
    const block = Math.floor(number / this.#inodesPerBlock);
    const start = (number % this.#inodesPerBlock) * this.inodeBytes;
    return this.readStructure(this.placeOf(block) + start, this.inodeBytes);
  }

  /** That a structure of version 5 is the one that was written there, for whom it was written. */
  checkSelf(
    bytes: Buffer,
    what: string,
    { block, owner }: { block: number; owner: number },
    at: SelfDescription,
  ): void {
    const before = this.#checked.get(block);
    if (before?.owner === owner && before.at === at && before.length === bytes.length) return;
    const right =
      safe(bytes, at.block) === this.placeOf(block) / 512 &&
      safe(bytes, at.owner) === owner &&
      this.#metaUuid.equals(bytes.subarray(at.uuid, at.uuid + 16));
    if (!right) throw damaged(`${what} is of another place`);
    this.checkSum(bytes, at.checksum, what);
    if (this.#checked.size >= checkedMax) this.#checked.clear();
    this.#checked.set(block, { owner, at, length: bytes.length });
  }

  /** Of an inode, the header of which has no block. */
  checkInode(bytes: Buffer, number: number): void {
    const isIts = safe(bytes, 152) === number && this.#metaUuid.equals(bytes.subarray(160, 176));
    if (!isIts) throw damaged('an inode is of another place');
    this.checkSum(bytes, 100, 'an inode');
  }

  checkSum(bytes: Buffer, at: number, what: string): void {
    if (!hasChecksum(bytes, at)) throw damaged(`the checksum of ${what}`);
  }
}

/** Made as if it were 0 itself; of all numbers it alone has its last byte first. */
function hasChecksum(bytes: Buffer, at: number): boolean {
  const nothing = Buffer.alloc(4);
  const sum = crc32c(checksumSeed, bytes.subarray(0, at), nothing, bytes.subarray(at + 4));
  return ~sum >>> 0 === bytes.readUInt32LE(at);
}

function checkVersion(bytes: Buffer): void {
  const flags = bytes.readUInt16BE(100);
  const number = flags & version.mask;
  if (number !== 4 && number !== 5) throw unknownFeature(`version ${number}`);
  if (number === 4) {
    if ((flags & version.folders2) === 0) throw unknownFeature('folders of version 1');
    return;
  }
  if (!hasChecksum(bytes, 224)) throw damaged('the checksum of its superblock');
  const features = bytes.readUInt32BE(216);
  for (let bit = 0; bit < 32; bit++) {
    const flag = (1 << bit) >>> 0;
    const isHere = (features & ~known & flag) !== 0;
    if (isHere)
      throw unknownFeature(named.get(flag) ?? `incompatible feature 0x${flag.toString(16)}`);
  }
  if ((features & incompat.needsRepair) !== 0) {
    throw new UnreadableContents('the file system is marked as in need of repair');
  }
}

function unknownFeature(name: string): UnreadableContents {
  return new UnreadableContents(`the file system has what is not known here: ${name}`);
}

/** A number of 64 bits; of what is read here, none is beyond those that are exact. */
export function safe(bytes: Buffer, offset: number): number {
  const value = bytes.readUInt32BE(offset) * 2 ** 32 + bytes.readUInt32BE(offset + 4);
  if (!Number.isSafeInteger(value)) throw damaged('a number is too large');
  return value;
}

function isPower(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

function text(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString();
}
