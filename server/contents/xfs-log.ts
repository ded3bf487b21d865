/**
 * Whether the log of an XFS file system has anything that is not in its blocks and that is read
 * here: the last that was written to it says that it was unmounted, or it was frozen. Nothing of the
 * log is replayed.
 */
import { damaged } from './bounded-reader.ts';
import type { XfsLayout } from './xfs-layout.ts';

/** Each begins with the number of the round in which it was written, headers with a mark before. */
const sectorBytes = 512;
const headerMagic = 0xfeedbabe;
/** What of a record one sector of header is for: each has the words in whose place rounds are. */
const bytesOfHeader = 32 * 1024;
const wordsAt = 44;
const recordBytesMax = 256 * 1024;
/** The largest record with its headers: before the head is at least the beginning of one. */
const searchedSectors = recordBytesMax / sectorBytes + recordBytesMax / bytesOfHeader;
/** A freeze leaves two. */
const recordsMax = 16;
const operationBytes = 12;
/** Of operations: that of an unmount, and those that go on in the next. */
const flags = { unmount: 0x20, parts: 0x0c };
const transactionMagic = 0x5452414e;
const bufferItem = 0x123c;

interface LogRecord {
  at: number;
  header: Buffer;
  headerSectors: number;
  lengthBytes: number;
  sectors: number;
  operations: number;
}

export async function isLogUnclean(layout: XfsLayout): Promise<boolean> {
  const { block, blocks } = layout.log;
  // On another device: what it holds is not known.
  if (block === 0) return true;
  if (blocks < 1) throw damaged('its log');
  const log = new Log(layout, layout.placeOf(block, blocks), blocks);
  const head = await log.head();
  if (head === undefined) return false;
  const last = await log.recordBefore(head);
  if (!last) return true;
  return !((await log.isUnmount(last)) || (await log.isOfSuperblock(last, head)));
}

class Log {
  readonly #layout: XfsLayout;
  readonly #start: number;
  readonly #sectors: number;

  constructor(layout: XfsLayout, start: number, blocks: number) {
    this.#layout = layout;
    this.#start = start;
    this.#sectors = (blocks * layout.blockBytes) / sectorBytes;
  }

  /** Where the next record would be written; undefined where none ever was. */
  async head(): Promise<number | undefined> {
    const first = await this.#round(0);
    const last = await this.#round(this.#sectors - 1);
    if (first === 0) return undefined;
    if (first === last) return this.#sectors;
    // The first that is not of this round: what is behind it is older.
    let [before, after] = [0, this.#sectors - 1];
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if ((await this.#round(middle)) === first) before = middle;
      else after = middle;
    }
    return after;
  }

  /** One that ends there. */
  async recordBefore(head: number): Promise<LogRecord | undefined> {
    for (let back = 1; back <= Math.min(searchedSectors, this.#sectors); back++) {
      const record = await this.#recordAt((head - back + this.#sectors) % this.#sectors);
      if (record) return record.sectors === back ? record : undefined;
    }
    return undefined;
  }

  async isUnmount(record: LogRecord): Promise<boolean> {
    if (record.operations !== 1 || record.sectors <= record.headerSectors) return false;
    const first = await this.#sector((record.at + record.headerSectors) % this.#sectors);
    return (first.readUInt8(9) & flags.unmount) !== 0;
  }

  /**
   * All that is not in its blocks yet is the superblock, the counters of which are not looked at
   * here: what a file system that is frozen has in its log.
   */
  async isOfSuperblock(last: LogRecord, head: number): Promise<boolean> {
    let at = last.header.readUInt32BE(28);
    for (let count = 0; count < recordsMax && at < this.#sectors; count++) {
      const record = await this.#recordAt(at);
      if (!record || record.lengthBytes > bytesOfHeader) return false;
      const isKnown = (await this.isUnmount(record)) || (await this.#isOnlySuperblock(record));
      if (!isKnown) return false;
      at = (at + record.sectors) % this.#sectors;
      if (at === head % this.#sectors) return true;
    }
    return false;
  }

  async #isOnlySuperblock({ at, header, headerSectors, operations, lengthBytes }: LogRecord) {
    const sectors: Buffer[] = [];
    for (let index = 0; index * sectorBytes < lengthBytes; index++) {
      const sector = await this.#sector((at + headerSectors + index) % this.#sectors);
      const word = header.subarray(wordsAt + index * 4, wordsAt + index * 4 + 4);
      sectors.push(word, sector.subarray(4));
    }
    return isOnlySuperblock(Buffer.concat(sectors).subarray(0, lengthBytes), operations);
  }

  async #recordAt(at: number): Promise<LogRecord | undefined> {
    const header = await this.#sector(at);
    if (header.readUInt32BE(0) !== headerMagic) return undefined;
    const isLong = (header.readUInt32BE(8) & 2) !== 0;
    const headers = Math.max(1, Math.ceil(header.readUInt32BE(320) / bytesOfHeader));
    const headerSectors = isLong ? headers : 1;
    const lengthBytes = header.readUInt32BE(12);
    const sectors = headerSectors + Math.ceil(lengthBytes / sectorBytes);
    return { at, header, headerSectors, lengthBytes, sectors, operations: header.readUInt32BE(40) };
  }

  async #round(index: number): Promise<number> {
    const sector = await this.#sector(index);
    const first = sector.readUInt32BE(0);
    return first === headerMagic ? sector.readUInt32BE(4) : first;
  }

  #sector(index: number): Promise<Buffer> {
    return this.#layout.readStructure(this.#start + index * sectorBytes, sectorBytes);
  }
}

/**
 * A transaction has items, each of a piece that says of what it is, of how many pieces, and where
 * that is on the disk, in the order of bytes of the machine that wrote it.
 */
function isOnlySuperblock(bytes: Buffer, operations: number): boolean {
  let at = 0;
  let piecesOfItem = 0;
  for (let count = 0; count < operations; count++) {
    if (at + operationBytes > bytes.length) return false;
    const length = bytes.readUInt32BE(at + 4);
    const isWhole = (bytes.readUInt8(at + 9) & flags.parts) === 0;
    const piece = bytes.subarray(at + operationBytes, at + operationBytes + length);
    if (!isWhole || piece.length < length) return false;
    at += operationBytes + length;
    if (piecesOfItem > 0) {
      piecesOfItem--;
      continue;
    }
    const isOfNothing =
      length === 0 || (length >= 16 && piece.readUInt32LE(0) === transactionMagic);
    if (isOfNothing) continue;
    if (length < 24 || piece.readUInt16LE(0) !== bufferItem) return false;
    if (piece.readBigInt64LE(8) !== 0n) return false;
    piecesOfItem = piece.readUInt16LE(2) - 1;
  }
  return true;
}
