/**
 * An ext2, ext3 or ext4 file system, read. Folders whose names are folded in case are listed as
 * they are, and names are found in them as they were written only.
 */
import { type BoundedReader, damaged } from './bounded-reader.ts';
import { isInline, mapArea } from './ext4-attribute-list.ts';
import { readAttributes } from './ext4-attributes.ts';
import { placesOf, readContent, refuseEncrypted } from './ext4-blocks.ts';
import { readEntries } from './ext4-folders.ts';
import { findIndexed, hasIndex } from './ext4-index.ts';
import { type Ext4Inode, Ext4Inodes } from './ext4-inodes.ts';
import { Ext4Superblock } from './ext4-superblock.ts';
import { Ext4Tables } from './ext4-tables.ts';
import type { Entry, FilePlace, FileSystem } from './file-system.ts';

/** Linux's limit. */
const targetMaxBytes = 4096;

export class Ext4 implements FileSystem<Ext4Inode> {
  readonly kind: string;
  readonly label?: string;
  readonly id: string;
  readonly isUnclean: boolean;
  readonly rootNumber = 2;
  readonly tables: Ext4Tables;
  readonly #inodes: Ext4Inodes;

  private constructor(inodes: Ext4Inodes) {
    const { kind, label, id, isUnclean } = inodes.superblock;
    this.#inodes = inodes;
    this.tables = new Ext4Tables(inodes);
    this.kind = kind;
    if (label !== undefined) this.label = label;
    this.id = id;
    this.isUnclean = isUnclean;
  }

  static isHere(reader: BoundedReader): Promise<boolean> {
    return Ext4Superblock.isHere(reader);
  }

  static async open(reader: BoundedReader): Promise<Ext4> {
    const opened = new Ext4(await Ext4Inodes.open(reader));
    if ((await opened.inode(opened.rootNumber)).kind !== 'folder') throw damaged('its root');
    return opened;
  }

  inode(number: number): Promise<Ext4Inode> {
    return this.#inodes.inode(number);
  }

  entries(folder: Ext4Inode): Promise<Entry[]> {
    return readEntries(this.#inodes, folder);
  }

  async lookUp(folder: Ext4Inode, name: Buffer): Promise<Entry | undefined> {
    if (!hasIndex(folder)) {
      return (await this.entries(folder)).find((each) => each.name.equals(name));
    }
    const number = await findIndexed(this.#inodes, folder, name);
    return number === undefined ? undefined : { name, number };
  }

  content(file: Ext4Inode, offset: number, length: number): Promise<Buffer> {
    return readContent(this.#inodes, file, offset, length);
  }

  places(file: Ext4Inode): Promise<FilePlace[] | undefined> {
    return placesOf(this.#inodes, file);
  }

  /** A short one is in the inode, in place of its map. */
  async target(link: Ext4Inode): Promise<Buffer> {
    const { sizeBytes, bytes } = link;
    refuseEncrypted(link);
    if (sizeBytes > targetMaxBytes) throw damaged('a link');
    const { start, end } = mapArea;
    if (sizeBytes < end - start && !isInline(link)) {
      return Buffer.from(bytes.subarray(start, start + sizeBytes));
    }
    return readContent(this.#inodes, link, 0, sizeBytes);
  }

  attributes(of: Ext4Inode): Promise<Map<string, Buffer>> {
    return readAttributes(this.#inodes, of);
  }
}
