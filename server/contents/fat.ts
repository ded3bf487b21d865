/**
 * A FAT12, FAT16 or FAT32 file system, read, as Linux's vfat shows it with no options: everything
 * is root's with the mode 0755, times are UTC, names are long ones where there are such. A file's
 * number is the place of its entry on the disk, in entries, as nothing else tells it from others.
 */
import { type BoundedReader, damaged } from './bounded-reader.ts';
import { entryBytes, FatLayout, type Run } from './fat-layout.ts';
import { LongName, labelText, shortName } from './fat-names.ts';
import type { Entry, FileSystem, Inode } from './file-system.ts';

/** As in Linux; no entry is there, as the first sector is. */
const rootNumber = 1;
/** Linux's, of 65,536 entries. */
const folderBytesMax = 2 * 1024 ** 2;
/** Kept, as a folder is read for its inode and for its entries. */
const foldersMax = 4;
const attribute = { readOnly: 0x01, volume: 0x08, folder: 0x10, longName: 0x0f };
const erased = 0xe5;
const slash = '/'.charCodeAt(0);

export interface FatInode extends Inode {
  /** Of its chain; 0 where it has none. */
  cluster: number;
}

/** Part of a folder. */
interface Piece {
  offset: number;
  bytes: Buffer;
}

interface RawEntry {
  number: number;
  bytes: Buffer;
}

export class Fat implements FileSystem<FatInode> {
  readonly kind = 'vfat';
  readonly rootNumber = rootNumber;
  readonly id?: string;
  readonly isUnclean: boolean;
  readonly label?: string;
  readonly #layout: FatLayout;
  readonly #folders = new Map<number, Piece[]>();

  private constructor(layout: FatLayout, root: readonly Piece[], isUnclean: boolean) {
    this.#layout = layout;
    this.isUnclean = isUnclean;
    const id = layout.serial?.toString(16).toUpperCase().padStart(8, '0');
    if (id !== undefined) this.id = `${id.slice(0, 4)}-${id.slice(4)}`;
    const label = labelIn(root) ?? (layout.labelBytes && labelText(layout.labelBytes));
    if (label !== undefined && label !== '' && label !== 'NO NAME') this.label = label;
  }

  static isHere(reader: BoundedReader): Promise<boolean> {
    return FatLayout.isHere(reader);
  }

  static async open(reader: BoundedReader): Promise<Fat> {
    const layout = await FatLayout.open(reader);
    const root = await readFolder(layout, layout.rootArea ?? layout.rootCluster);
    return new Fat(layout, root, await layout.isUnclean());
  }

  async inode(number: number): Promise<FatInode> {
    if (number === rootNumber) {
      return this.#folderInode({ number, cluster: this.#layout.rootCluster });
    }
    const offset = number * entryBytes;
    const { reader } = this.#layout;
    if (!reader.has(offset, entryBytes)) throw damaged('the place of an entry');
    const entry = this.#kept(offset) ?? (await reader.read(offset, entryBytes));
    if (isSkipped(entry)) throw damaged('the place of an entry');
    const high = this.#layout.bits === 32 ? entry.readUInt16LE(20) * 2 ** 16 : 0;
    const cluster = high + entry.readUInt16LE(26);
    const modifiedAt = timeOf(entry.readUInt16LE(24), entry.readUInt16LE(22));
    const flags = entry.readUInt8(11);
    if ((flags & attribute.folder) !== 0) return this.#folderInode({ number, cluster, modifiedAt });
    const mode = (flags & attribute.readOnly) !== 0 ? 0o555 : 0o755;
    const sizeBytes = entry.readUInt32LE(28);
    const owner = { uid: 0, gid: 0, links: 1 };
    return { number, cluster, kind: 'file', mode, ...owner, sizeBytes, modifiedAt };
  }

  /** Its size and its links are what is in it. */
  async #folderInode({
    number,
    cluster,
    modifiedAt = new Date(0),
  }: {
    number: number;
    cluster: number;
    modifiedAt?: Date;
  }): Promise<FatInode> {
    const pieces = await this.#folder({ number, cluster });
    const sizeBytes = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const folders = rawEntries(pieces).filter(
      ({ bytes }) => !isSkipped(bytes) && (bytes.readUInt8(11) & attribute.folder) !== 0,
    );
    // The root has no entries of itself and of what is above it.
    const links = folders.length + (number === rootNumber ? 2 : 0);
    const owner = { mode: 0o755, uid: 0, gid: 0 };
    return { number, cluster, kind: 'folder', ...owner, sizeBytes, links, modifiedAt };
  }

  async entries(folder: FatInode): Promise<Entry[]> {
    const entries: Entry[] = [];
    const longName = new LongName();
    for (const { number, bytes } of rawEntries(await this.#folder(folder))) {
      if (bytes.readUInt8(11) === attribute.longName) {
        longName.add(bytes);
        continue;
      }
      const long = longName.of(bytes);
      if (isSkipped(bytes)) continue;
      const short = shortName(bytes);
      const name = long ?? short;
      if (short.length === 0 || isDots(short)) continue;
      if (name.length === 0 || name.includes(slash) || name.includes(0) || isDots(name)) {
        throw damaged('the name of a file');
      }
      entries.push({ name, number });
    }
    return entries;
  }

  async content(file: FatInode, offset: number, length: number): Promise<Buffer> {
    const { clusterBytes, reader } = this.#layout;
    const end = Math.min(file.sizeBytes, offset + length);
    if (offset >= end) return Buffer.alloc(0);
    if (file.sizeBytes > reader.sizeBytes) throw damaged('a file is larger than the disk');
    const pieces: Buffer[] = [];
    for (let at = offset; at < end; ) {
      const index = Math.floor(at / clusterBytes);
      const within = at - index * clusterBytes;
      const count = Math.ceil((within + end - at) / clusterBytes);
      const run = await this.#layout.run(file.cluster, index, count);
      if (!run) throw damaged('a file is shorter than its folder says');
      const piece = await reader.read(run.offset + within, Math.min(run.length - within, end - at));
      pieces.push(piece);
      at += piece.length;
    }
    return Buffer.concat(pieces);
  }

  async target(): Promise<Buffer> {
    throw damaged('there are no links in it');
  }

  /** What Linux has no names for is not among them. */
  async attributes(): Promise<Map<string, Buffer>> {
    return new Map();
  }

  async #folder({ number, cluster }: { number: number; cluster: number }): Promise<Piece[]> {
    const known = this.#folders.get(number);
    if (known) return known;
    const area = number === rootNumber ? this.#layout.rootArea : undefined;
    const pieces = await readFolder(this.#layout, area ?? cluster);
    const [oldest] = this.#folders.keys();
    if (this.#folders.size >= foldersMax && oldest !== undefined) this.#folders.delete(oldest);
    this.#folders.set(number, pieces);
    return pieces;
  }

  #kept(place: number): Buffer | undefined {
    for (const pieces of this.#folders.values()) {
      for (const { offset, bytes } of pieces) {
        const at = place - offset;
        if (at >= 0 && at < bytes.length) return bytes.subarray(at, at + entryBytes);
      }
    }
    return undefined;
  }
}

async function readFolder(layout: FatLayout, place: Run | number): Promise<Piece[]> {
  if (typeof place !== 'number') {
    return [{ offset: place.offset, bytes: await layout.reader.read(place.offset, place.length) }];
  }
  const pieces: Piece[] = [];
  // One that was never given any.
  if (place === 0) return pieces;
  const countMax = Math.max(1, folderBytesMax / layout.clusterBytes);
  for (let index = 0; ; ) {
    const run = await layout.run(place, index, countMax);
    if (!run) return pieces;
    index += run.length / layout.clusterBytes;
    if (index > countMax) throw damaged('a folder is too large');
    pieces.push({ offset: run.offset, bytes: await layout.reader.read(run.offset, run.length) });
  }
}

/** Entries of nothing end a folder by the standard; Linux goes on, and so what it shows is seen. */
function rawEntries(pieces: readonly Piece[]): RawEntry[] {
  return pieces.flatMap(({ offset, bytes }) =>
    Array.from({ length: Math.floor(bytes.length / entryBytes) }, (_, index) => ({
      number: offset / entryBytes + index,
      bytes: bytes.subarray(index * entryBytes, (index + 1) * entryBytes),
    })),
  );
}

/** Erased, never used, the label of the file system, or a piece of a long name. */
function isSkipped(entry: Buffer): boolean {
  const first = entry.readUInt8(0);
  return first === 0 || first === erased || (entry.readUInt8(11) & attribute.volume) !== 0;
}

function labelIn(root: readonly Piece[]): string | undefined {
  const entry = rawEntries(root).find(({ bytes }) => {
    const flags = bytes.readUInt8(11);
    const isLabel = (flags & attribute.volume) !== 0 && flags !== attribute.longName;
    return isLabel && ![0, erased].includes(bytes.readUInt8(0));
  });
  return entry && labelText(entry.bytes.subarray(0, 11));
}

function isDots(name: Buffer): boolean {
  return ['.', '..'].includes(name.toString('latin1'));
}

/** Of two seconds each, from 1980 on. */
function timeOf(date: number, time: number): Date {
  const month = Math.max(1, (date >> 5) & 0xf) - 1;
  const day = Math.max(1, date & 0x1f);
  const clock = [time >> 11, (time >> 5) & 0x3f, (time & 0x1f) * 2] as const;
  return new Date(Date.UTC(1980 + (date >> 9), month, day, ...clock));
}
