/**
 * The inodes of an ext file system by their tables, without a way through its folders: which are in
 * use, whether two of one number say the same, and where on the disk all lies that belongs to one.
 */
import { damaged } from './bounded-reader.ts';
import { isInline, mapArea } from './ext4-attribute-list.ts';
import { placesOf, readContent } from './ext4-blocks.ts';
import { type Ext4Inode, type Ext4Inodes, extraBytes, inodeFlags } from './ext4-inodes.ts';
import type { FilePlace, InodeRange, InodeTables } from './file-system.ts';

/** Of the bytes of an inode, what is of its times, its checksum or its version. */
const passing: readonly [number, number][] = [
  [0x08, 0x18],
  [0x24, 0x28],
  [0x7c, 0x80],
  [0x82, 0x9c],
];

export class Ext4Tables implements InodeTables<Ext4Inode> {
  readonly layout: string;
  readonly #inodes: Ext4Inodes;

  constructor(inodes: Ext4Inodes) {
    this.#inodes = inodes;
    this.layout = inodes.superblock.layout;
  }

  async *ranges(): AsyncGenerator<InodeRange> {
    const { inodes, inodesPerGroup, inodeBytes } = this.#inodes.superblock;
    for (let group = 0; group * inodesPerGroup < inodes; group++) {
      const { start, count } = await this.#inodes.table(group);
      const first = group * inodesPerGroup + 1;
      yield { first, count: Math.min(count, inodes - first + 1), start, inodeBytes };
    }
  }

  used(number: number): Promise<Ext4Inode | undefined> {
    return this.#inodes.used(number);
  }

  isAlike({ bytes: one }: Ext4Inode, { bytes: other }: Ext4Inode): boolean {
    const extra = extraBytes(one);
    if (one.length !== other.length || extra !== extraBytes(other)) return false;
    let at = 0;
    for (const [start, end] of passing) {
      const to = Math.min(start, one.length);
      if (one.compare(other, at, to, at, to) !== 0) return false;
      // Attributes may begin where others have times.
      at = Math.max(to, Math.min(end, 0x80 + extra));
    }
    return one.compare(other, at, other.length, at, one.length) === 0;
  }

  async places(inode: Ext4Inode): Promise<FilePlace[]> {
    const places = hasMap(inode) ? ((await placesOf(this.#inodes, inode)) ?? []) : [];
    const { blockBytes } = this.#inodes.superblock;
    const block = inode.bytes.readUInt32LE(0x68) + inode.bytes.readUInt16LE(0x76) * 2 ** 32;
    if (block === 0) return places;
    // Its attributes are nowhere in the file.
    return [...places, { offset: -1, start: block * blockBytes, length: blockBytes }];
  }

  /** The second entry of each folder. */
  async parent(folder: Ext4Inode): Promise<number> {
    // That entry is in plain in encrypted ones, too.
    const open = { ...folder, flags: folder.flags & ~inodeFlags.encrypted };
    const content = await readContent(this.#inodes, open, 0, 24);
    if (isInline(folder) && content.length >= 4) return content.readUInt32LE(0);
    const isParent = content.length === 24 && content.toString('latin1', 20, 22) === '..';
    if (!isParent || content.readUInt8(18) !== 2) throw damaged('a folder');
    return content.readUInt32LE(12);
  }
}

/** Of others the place of the map holds a device, or the target of a link. */
function hasMap({ kind, sizeBytes }: Ext4Inode): boolean {
  if (kind === 'link') return sizeBytes >= mapArea.end - mapArea.start;
  return kind === 'file' || kind === 'folder';
}
