/**
 * An XFS file system of version 4 or 5, read. Files on a realtime device are refused, as only one
 * device is here.
 */
import { type BoundedReader, damaged, UnreadableContents } from './bounded-reader.ts';
import type { Entry, FilePlace, FileSystem } from './file-system.ts';
import { readAttributes } from './xfs-attributes.ts';
import { placesOf, readContent } from './xfs-extents.ts';
import { readEntries } from './xfs-folders.ts';
import { lookUp } from './xfs-index.ts';
import { readInode, type XfsInode } from './xfs-inode.ts';
import { XfsLayout } from './xfs-layout.ts';
import { readTarget } from './xfs-links.ts';
import { isLogUnclean } from './xfs-log.ts';

/** From which on the index of a folder is asked, rather than all of its entries. */
const indexedBytes = 64 * 1024;

export class Xfs implements FileSystem<XfsInode> {
  readonly kind = 'xfs';
  readonly label?: string;
  readonly id: string;
  readonly isUnclean: boolean;
  readonly rootNumber: number;
  readonly #layout: XfsLayout;

  private constructor(layout: XfsLayout, isUnclean: boolean) {
    this.#layout = layout;
    if (layout.label !== '') this.label = layout.label;
    const id = layout.uuid.toString('hex');
    this.id = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    this.isUnclean = isUnclean;
    this.rootNumber = layout.rootNumber;
  }

  static isHere(reader: BoundedReader): Promise<boolean> {
    return XfsLayout.isHere(reader);
  }

  static async open(reader: BoundedReader): Promise<Xfs> {
    const layout = await XfsLayout.open(reader);
    const opened = new Xfs(layout, await isLogUnclean(layout));
    if ((await opened.inode(opened.rootNumber)).kind !== 'folder') throw damaged('its root');
    return opened;
  }

  inode(number: number): Promise<XfsInode> {
    return readInode(this.#layout, number);
  }

  entries(folder: XfsInode): Promise<Entry[]> {
    return readEntries(this.#layout, folder);
  }

  async lookUp(folder: XfsInode, name: Buffer): Promise<Entry | undefined> {
    const { blockBytes, folderBlocks } = this.#layout;
    // One that is in its inode, or in one block, has no index.
    const isIndexed = folder.sizeBytes > Math.max(blockBytes * folderBlocks, indexedBytes);
    // Where case is nothing to names, their hashes are those of small letters.
    const found =
      isIndexed && !this.#layout.ignoresCase
        ? await lookUp(this.#layout, folder, name)
        : 'unindexed';
    if (found !== 'unindexed') return found;
    return (await this.entries(folder)).find((each) => each.name.equals(name));
  }

  async content(file: XfsInode, offset: number, length: number): Promise<Buffer> {
    if (file.isRealtime) throw new UnreadableContents('a file is on a realtime device');
    return readContent(this.#layout, file, offset, length);
  }

  async places(file: XfsInode): Promise<FilePlace[] | undefined> {
    // Their blocks are of another device.
    return file.isRealtime ? undefined : placesOf(this.#layout, file);
  }

  target(link: XfsInode): Promise<Buffer> {
    return readTarget(this.#layout, link);
  }

  attributes(of: XfsInode): Promise<Map<string, Buffer>> {
    return readAttributes(this.#layout, of);
  }
}
