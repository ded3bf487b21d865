/**
 * An ext2, ext3 or ext4 file system, read: its folders, and its files by their paths. Links are
 * followed within it and no further. It neither replays a journal nor changes anything.
 */
import type { BoundedReader } from './bounded-reader.ts';
import { crc32c } from './crc32c.ts';
import { isInline, readContent } from './ext4-blocks.ts';
import { damaged, Ext4Layout, type Inode } from './ext4-layout.ts';

const rootNumber = 2;
const kinds = { folder: 0x4000, file: 0x8000, link: 0xa000 };
/** Linux's limits. */
const linksMax = 40;
const pathBytesMax = 4096;
/** Of one folder; those of an image's configuration have hundreds. */
const folderBytesMax = 16 * 1024 ** 2;
const tailBytes = 12;

export interface Entry {
  name: Buffer;
  number: number;
}

export class Ext4 {
  readonly #layout: Ext4Layout;

  private constructor(layout: Ext4Layout) {
    this.#layout = layout;
  }

  static isHere(reader: BoundedReader): Promise<boolean> {
    return Ext4Layout.isHere(reader);
  }

  static async open(reader: BoundedReader): Promise<Ext4> {
    const file = new Ext4(await Ext4Layout.open(reader));
    if (!isFolder(await file.#layout.inode(rootNumber))) throw damaged('its root');
    return file;
  }

  get isUnclean(): boolean {
    return this.#layout.isUnclean;
  }

  /** Of a folder at a path, without `.` and `..`; undefined where there is none. */
  async list(path: string): Promise<Entry[] | undefined> {
    const inode = await this.#find(Buffer.from(path));
    return inode && isFolder(inode) ? this.#entries(inode) : undefined;
  }

  /** The beginning of a regular file; undefined where there is none. */
  async readFile(path: string | Buffer, maxBytes: number): Promise<Buffer | undefined> {
    const inode = await this.#find(Buffer.from(path));
    if (!inode || (inode.mode & 0xf000) !== kinds.file) return undefined;
    return readContent(this.#layout, inode, maxBytes);
  }

  /** Its size, of a regular file. */
  async fileSize(path: string | Buffer): Promise<number | undefined> {
    const inode = await this.#find(Buffer.from(path));
    return inode && (inode.mode & 0xf000) === kinds.file ? inode.sizeBytes : undefined;
  }

  async #find(path: Buffer): Promise<Inode | undefined> {
    const names = namesOf(path);
    const above: Inode[] = [await this.#layout.inode(rootNumber)];
    for (let links = 0; names.length > 0; ) {
      const name = names.shift() as Buffer;
      const folder = above.at(-1) as Inode;
      if (name.equals(Buffer.from('..'))) {
        if (above.length > 1) above.pop();
        continue;
      }
      if (!isFolder(folder)) return undefined;
      const entry = (await this.#entries(folder)).find((each) => each.name.equals(name));
      if (!entry) return undefined;
      const inode = await this.#layout.inode(entry.number);
      if ((inode.mode & 0xf000) !== kinds.link) {
        above.push(inode);
        continue;
      }
      if (++links > linksMax) return undefined;
      const target = await this.#target(inode);
      if (target[0] === slash) above.length = 1;
      names.unshift(...namesOf(target));
      if (names.length > pathBytesMax) return undefined;
    }
    return above.at(-1);
  }

  /** A short one is in the inode, in place of its map. */
  async #target(inode: Inode): Promise<Buffer> {
    const { sizeBytes, bytes } = inode;
    if (sizeBytes > pathBytesMax) throw damaged('a link');
    if (sizeBytes < 60 && !isInline(inode)) return bytes.subarray(0x28, 0x28 + sizeBytes);
    return readContent(this.#layout, inode, pathBytesMax);
  }

  async #entries(folder: Inode): Promise<Entry[]> {
    if (folder.sizeBytes > folderBytesMax) throw damaged('a folder is too large');
    const content = await readContent(this.#layout, folder, folderBytesMax);
    // In the inode the parent comes first, and what did not fit there is a block of its own.
    if (isInline(folder)) {
      return [...entriesOf(content.subarray(4, 60)), ...entriesOf(content.subarray(60))];
    }
    const { blockBytes, hasChecksums } = this.#layout;
    const entries: Entry[] = [];
    for (let at = 0; at < content.length; at += blockBytes) {
      const block = content.subarray(at, at + blockBytes);
      if (hasChecksums) checkFolderBlock(block, folder);
      for (const entry of entriesOf(block)) entries.push(entry);
    }
    return entries;
  }
}

const slash = '/'.charCodeAt(0);

function namesOf(path: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let at = 0; at < path.length; ) {
    const next = path.indexOf(slash, at);
    const end = next < 0 ? path.length : next;
    const name = path.subarray(at, end);
    if (name.length > 0 && !name.equals(Buffer.from('.'))) names.push(name);
    at = end + 1;
  }
  return names;
}

function isFolder({ mode }: Inode): boolean {
  return (mode & 0xf000) === kinds.folder;
}

/** Blocks of an index have none, and look like one large entry of nothing. */
function checkFolderBlock(block: Buffer, { checksumSeed }: Inode): void {
  const tail = block.length - tailBytes;
  if (tail < 0 || block.readUInt32LE(tail) !== 0 || block.readUInt32LE(tail + 4) !== 0xde00000c) {
    return;
  }
  const checksum = crc32c(checksumSeed, block.subarray(0, tail));
  if (checksum !== block.readUInt32LE(tail + 8)) throw damaged('the checksum of a folder');
}

function entriesOf(block: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at + 8 <= block.length; ) {
    const number = block.readUInt32LE(at);
    const said = block.readUInt16LE(at + 4);
    // Of a block of 64 KiB, all of it.
    const length = said === 0 || said === 0xffff ? 0x10000 : said;
    const nameLength = block[at + 6] ?? 0;
    if (length < 8 || length % 4 !== 0 || at + length > block.length) throw damaged('a folder');
    if (nameLength + 8 > length) throw damaged('a folder');
    const name = Buffer.from(block.subarray(at + 8, at + 8 + nameLength));
    if (number !== 0 && nameLength > 0 && !isDots(name)) entries.push({ name, number });
    at += length;
  }
  return entries;
}

function isDots(name: Buffer): boolean {
  return ['.', '..'].includes(name.toString('latin1'));
}
