/**
 * Where things are in a FAT file system: what its first sector says of it, and the chains of
 * clusters that its table of them (the FAT) holds. What folders say is fat.ts's.
 */
import { type BoundedReader, damaged } from './bounded-reader.ts';

export type FatBits = 12 | 16 | 32;

/** Clusters of a FAT12 at most, as Linux and Microsoft count. */
const clustersMax12 = 4084;
/** Numbers below are the media's and the state's. */
const firstCluster = 2;
export const entryBytes = 32;
/** Of a table at a time: a FAT12 as a whole, as its numbers cross the bounds of sectors. */
const pieceBytes = 12 * 1024;
const piecesMax = 32;

/** Clusters that follow each other on the disk. */
export interface Run {
  offset: number;
  length: number;
}

/** In a chain. */
interface Place {
  first: number;
  index: number;
  cluster: number;
  /** The cluster at the last power of two. */
  mark: number;
}

export class FatLayout {
  readonly reader: BoundedReader;
  readonly bits: FatBits;
  readonly clusterBytes: number;
  /** Of a FAT12 or 16, between its tables and its clusters; nothing in a FAT32. */
  readonly rootArea?: Run;
  /** Of the root of a FAT32. */
  readonly rootCluster: number = 0;
  readonly serial?: number;
  readonly labelBytes?: Buffer;
  readonly #clusters: number;
  readonly #tableStart: number;
  readonly #tableBytes: number;
  readonly #dataStart: number;
  readonly #stateByte: number;
  readonly #pieces = new Map<number, Buffer>();
  #last: Place = { first: 0, index: 0, cluster: 0, mark: 0 };

  private constructor(reader: BoundedReader, sector: Buffer) {
    const u8 = (offset: number) => sector.readUInt8(offset);
    const u16 = (offset: number) => sector.readUInt16LE(offset);
    const u32 = (offset: number) => sector.readUInt32LE(offset);
    const sectorBytes = u16(11);
    const rootBytes = u16(17) * entryBytes;
    const sectors = u16(19) || u32(32);
    const isWide = u16(22) === 0;
    const sectorsOfTable = u16(22) || u32(36);
    this.reader = reader;
    this.clusterBytes = u8(13) * sectorBytes;
    this.#tableStart = u16(14) * sectorBytes;
    this.#tableBytes = sectorsOfTable * sectorBytes;
    const rootStart = this.#tableStart + u8(16) * this.#tableBytes;
    this.#dataStart = rootStart + Math.ceil(rootBytes / sectorBytes) * sectorBytes;
    const inData = Math.floor((sectors * sectorBytes - this.#dataStart) / this.clusterBytes);
    // Small ones are made as FAT32 too, so it is not their clusters that tell; as in Linux.
    this.bits = isWide ? 32 : inData > clustersMax12 ? 16 : 12;
    const inTable = Math.floor((this.#tableBytes * 8) / this.bits) - firstCluster;
    this.#clusters = Math.min(inData, inTable);
    if (isWide) this.rootCluster = u32(44);
    else this.rootArea = { offset: rootStart, length: rootBytes };
    const more = isWide ? 64 : 36;
    this.#stateByte = u8(more + 1);
    if (u8(more + 2) === 0x28 || u8(more + 2) === 0x29) this.serial = u32(more + 3);
    if (u8(more + 2) === 0x29) this.labelBytes = sector.subarray(more + 7, more + 18);
  }

  /** There is no mark that all of them have; this is what the kernel and blkid go by. */
  static async isHere(reader: BoundedReader): Promise<boolean> {
    return reader.has(0, 512) && isFat(await reader.read(0, 512));
  }

  static async open(reader: BoundedReader): Promise<FatLayout> {
    const sector = await reader.read(0, 512);
    if (!isFat(sector)) throw damaged('its first sector');
    const layout = new FatLayout(reader, sector);
    if (layout.#clusters < 1) throw damaged('its first sector');
    return layout;
  }

  /** Linux keeps it in the first sector while it is mounted, Windows in the table. */
  async isUnclean(): Promise<boolean> {
    if ((this.#stateByte & 1) !== 0) return true;
    if (this.bits === 12) return false;
    const state = await this.#entry(1);
    return (state & (this.bits === 32 ? 0x8000000 : 0x8000)) === 0;
  }

  /**
   * What follows on the disk from `index` on in the chain that begins with a cluster, up to
   * `countMax`; nothing behind its end.
   */
  async run(first: number, index: number, countMax: number): Promise<Run | undefined> {
    const place = await this.#walk(first, index);
    if (!place) return undefined;
    const start = place.cluster;
    let count = 1;
    while (count < countMax && (await this.#step(place)) && place.cluster === start + count)
      count++;
    this.#last = place;
    const offset = this.#dataStart + (start - firstCluster) * this.clusterBytes;
    return { offset, length: count * this.clusterBytes };
  }

  /** To a place in a chain, from where the last walk ended if that is on the way. */
  async #walk(first: number, index: number): Promise<Place | undefined> {
    this.#check(first);
    const isOnTheWay = this.#last.first === first && this.#last.index <= index;
    const place = isOnTheWay ? { ...this.#last } : { first, index: 0, cluster: first, mark: first };
    while (place.index < index) if (!(await this.#step(place))) return undefined;
    return place;
  }

  /** To the next of the chain, if there is one. A chain in a circle comes past its mark. */
  async #step(place: Place): Promise<boolean> {
    const entry = await this.#entry(place.cluster);
    const end = { 12: 0xff8, 16: 0xfff8, 32: 0xffffff8 }[this.bits];
    if (entry >= end) return false;
    this.#check(entry);
    if (entry === place.mark) throw damaged('a chain of clusters is in a circle');
    place.cluster = entry;
    place.index++;
    if (Number.isInteger(Math.log2(place.index))) place.mark = entry;
    return true;
  }

  #check(cluster: number): void {
    if (cluster < firstCluster || cluster >= this.#clusters + firstCluster) {
      throw damaged('the number of a cluster');
    }
  }

  async #entry(cluster: number): Promise<number> {
    const offset = Math.floor((cluster * this.bits) / 8);
    const piece = await this.#piece(Math.floor(offset / pieceBytes));
    const at = offset % pieceBytes;
    if (this.bits === 32) return piece.readUInt32LE(at) & 0xfffffff;
    const both = piece.readUInt16LE(at);
    if (this.bits === 16) return both;
    return cluster % 2 === 0 ? both & 0xfff : both >> 4;
  }

  async #piece(index: number): Promise<Buffer> {
    const known = this.#pieces.get(index);
    if (known) return known;
    const start = index * pieceBytes;
    const length = Math.min(pieceBytes, this.#tableBytes - start);
    const piece = await this.reader.read(this.#tableStart + start, length);
    const [oldest] = this.#pieces.keys();
    if (this.#pieces.size >= piecesMax && oldest !== undefined) this.#pieces.delete(oldest);
    this.#pieces.set(index, piece);
    return piece;
  }
}

function isFat(sector: Buffer): boolean {
  const sectorBytes = sector.readUInt16LE(11);
  const perCluster = sector.readUInt8(13);
  const media = sector.readUInt8(21);
  const isPower = (value: number) => value > 0 && (value & (value - 1)) === 0;
  const isWide = sector.readUInt16LE(22) === 0;
  return (
    sector.readUInt16BE(510) === 0x55aa &&
    [0xeb, 0xe9].includes(sector.readUInt8(0)) &&
    isPower(sectorBytes) &&
    sectorBytes >= 512 &&
    sectorBytes <= 4096 &&
    isPower(perCluster) &&
    sector.readUInt16LE(14) > 0 &&
    sector.readUInt8(16) > 0 &&
    (media === 0xf0 || media >= 0xf8) &&
    (sector.readUInt16LE(19) || sector.readUInt32LE(32)) > 0 &&
    // A root of fixed size is what a FAT32 has not, and the others cannot do without.
    (isWide ? sector.readUInt32LE(36) > 0 : true) &&
    isWide === (sector.readUInt16LE(17) === 0)
  );
}
