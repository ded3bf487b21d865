/**
 * Whether the log of an XFS file system has anything that is not in its blocks: whether the last
 * that was written to it says that it was unmounted. Nothing of the log is replayed.
 */
import { damaged } from './bounded-reader.ts';
import type { XfsLayout } from './xfs-layout.ts';

/** Each begins with the number of the round in which it was written, headers with a mark before. */
const sectorBytes = 512;
const headerMagic = 0xfeedbabe;
/** What of a record one sector of header is for. */
const bytesOfHeader = 32 * 1024;
const recordBytesMax = 256 * 1024;
/** The largest record with its headers: before the head is at least the beginning of one. */
const searchedSectors = recordBytesMax / sectorBytes + recordBytesMax / bytesOfHeader;
const unmounted = 0x20;

export async function isLogUnclean(layout: XfsLayout): Promise<boolean> {
  const { block, blocks } = layout.log;
  // On another device: what it holds is not known.
  if (block === 0) return true;
  if (blocks < 1) throw damaged('its log');
  const log = new Log(layout, layout.placeOf(block, blocks), blocks);
  const head = await log.head();
  if (head === undefined) return false;
  return !(await log.endsUnmounted(head));
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

  /** The last record before the head is one of the unmount alone, and ends there. */
  async endsUnmounted(head: number): Promise<boolean> {
    for (let back = 1; back <= Math.min(searchedSectors, this.#sectors); back++) {
      const at = head - back < 0 ? head - back + this.#sectors : head - back;
      const header = await this.#sector(at);
      if (header.readUInt32BE(0) !== headerMagic) continue;
      const headers = Math.max(1, Math.ceil(header.readUInt32BE(320) / bytesOfHeader));
      const isLong = (header.readUInt32BE(8) & 2) !== 0;
      const headerSectors = isLong ? headers : 1;
      const length = header.readUInt32BE(12);
      if (back !== headerSectors + Math.ceil(length / sectorBytes)) return false;
      if (header.readUInt32BE(40) !== 1 || headerSectors >= back) return false;
      const operation = await this.#sector((at + headerSectors) % this.#sectors);
      return (operation.readUInt8(9) & unmounted) !== 0;
    }
    return false;
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
