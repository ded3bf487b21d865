/**
 * The disk in a file of any format: the format says where each part of it is, and this reads the
 * parts, near ones at once, and unpacks what is compressed. The map is hostile: what it says is
 * surveyed once, before anything is read by it, and a file whose tables name the same bytes over and
 * over, so that it would become a disk of any size, is refused.
 */
import { checkRange, type Disk, type Extent } from '../disk/disk.ts';
import { isInside, type Refuse } from './disk-format-error.ts';
import type { RandomAccess } from './random-access.ts';

/** A part of the disk. Without a place in the file it is zeros. */
export interface Piece {
  length: number;
  /** Where it is in the file. */
  at?: number;
  packed?: Packed;
}

/** A unit that is compressed as a whole, of which the piece is a part. */
export interface Packed {
  /** How long it is in the file, at most. */
  maxBytes: number;
  unpackedBytes: number;
  /** Where in it the piece begins. */
  skip: number;
  /** What the format needs to know to unpack it, such as its number. */
  unit: number;
}

export interface DiskMap {
  readonly sizeBytes: number;
  /** Pieces in order that cover the range exactly; a caller asks for a window at most. */
  pieces(offset: number, length: number): Promise<Piece[]>;
  /** Exactly the unit's bytes, of what begins with them, or the format's error. */
  unpack?(bytes: Buffer, packed: Packed): Promise<Buffer>;
  /** The least that a packed unit takes in the file: what bounds how many there can be. */
  packedMinBytes?: number;
}

/** How much of a disk the map is asked about at once. */
const windowBytes = 1024 ** 3;
/** Pieces so near to each other are read at once: less than what a read of its own costs. */
const gapMaxBytes = 32 * 1024;
const readMaxBytes = 4 * 1024 ** 2;
/** Of unpacked units: one may be read by several blocks. */
const unpackedBytesInMemory = 8 * 1024 ** 2;

interface Placed extends Piece {
  at: number;
  /** Where in the range that is read. */
  target: number;
}

export class MappedDisk implements Disk {
  readonly sizeBytes: number;
  readonly #source: RandomAccess;
  readonly #map: DiskMap;
  readonly #refuse: Refuse;
  /** By where they are in the file. */
  readonly #unpacked = new Map<number, Promise<Buffer>>();

  constructor(source: RandomAccess, map: DiskMap, refuse: Refuse) {
    this.sizeBytes = map.sizeBytes;
    this.#source = source;
    this.#map = map;
    this.#refuse = refuse;
  }

  async pread(offset: number, length: number): Promise<Buffer> {
    checkRange(this, offset, length);
    if (length === 0) return Buffer.alloc(0);
    const pieces = await this.#map.pieces(offset, length);
    const [only] = pieces;
    if (pieces.length === 1 && only?.at !== undefined && !only.packed) {
      this.#check(only.at, only.length);
      return this.#source.read(only.at, only.length);
    }
    const bytes = Buffer.alloc(length);
    const placed: Placed[] = [];
    let target = 0;
    for (const piece of pieces) {
      if (piece.at !== undefined) placed.push({ ...piece, at: piece.at, target });
      target += piece.length;
    }
    await Promise.all(this.#together(placed).map((group) => this.#fill(group, bytes)));
    return bytes;
  }

  async extents(offset: number, length: number): Promise<Extent[]> {
    checkRange(this, offset, length);
    const extents: Extent[] = [];
    for await (const piece of this.#walk(offset, length)) {
      const zero = piece.at === undefined;
      const last = extents.at(-1);
      if (last?.zero === zero) last.length += piece.length;
      else extents.push({ length: piece.length, zero });
    }
    return extents;
  }

  async close(): Promise<void> {}

  /**
   * How much of the disk has bytes in the file. Refuses a map that says it has more than there can
   * be. To be called once, before anything else.
   */
  async survey(): Promise<number> {
    const fileBytes = this.#source.sizeBytes;
    const { packedMinBytes = 1 } = this.#map;
    let allocatedBytes = 0;
    let plainBytes = 0;
    let packedBytes = 0;
    let lastPacked = -1;
    for await (const { at, length, packed } of this.#walk(0, this.sizeBytes)) {
      if (at === undefined) continue;
      allocatedBytes += length;
      if (!packed) plainBytes += length;
      else if (packed.unit !== lastPacked) packedBytes += packedMinBytes;
      lastPacked = packed?.unit ?? -1;
      if (plainBytes + packedBytes > fileBytes) {
        throw this.#refuse('its tables name the same bytes more than once');
      }
    }
    return allocatedBytes;
  }

  async *#walk(offset: number, length: number): AsyncIterable<Piece> {
    const end = offset + length;
    for (let at = offset; at < end; at += windowBytes) {
      yield* await this.#map.pieces(at, Math.min(windowBytes, end - at));
    }
  }

  /** Groups of pieces that one read fetches. */
  #together(placed: readonly Placed[]): Placed[][] {
    const groups: Placed[][] = [];
    let start = 0;
    let end = 0;
    for (const piece of placed) {
      const pieceEnd = endOf(piece);
      const group = groups.at(-1);
      const near = piece.at >= start && piece.at - end <= gapMaxBytes;
      if (group && near && Math.max(end, pieceEnd) - start <= readMaxBytes) {
        group.push(piece);
        end = Math.max(end, pieceEnd);
      } else {
        groups.push([piece]);
        start = piece.at;
        end = pieceEnd;
      }
    }
    return groups;
  }

  async #fill(group: readonly Placed[], target: Buffer): Promise<void> {
    const start = group[0]?.at ?? 0;
    const wanted = Math.max(...group.map(endOf));
    const end = Math.min(wanted, this.#source.sizeBytes);
    for (const piece of group) {
      // Of what is packed only the most that it can take is known.
      this.#check(piece.at, piece.packed ? 1 : piece.length);
    }
    let read: Promise<Buffer> | undefined;
    const bytesAt = async (at: number, length: number) => {
      read ??= this.#source.read(start, end - start);
      return (await read).subarray(at - start, at - start + length);
    };
    await Promise.all(
      group.map(async (piece) => {
        if (!piece.packed) {
          (await bytesAt(piece.at, piece.length)).copy(target, piece.target);
          return;
        }
        const { packed, at } = piece;
        const unit = await this.#unit(at, packed, () => bytesAt(at, packed.maxBytes));
        unit.copy(target, piece.target, packed.skip, packed.skip + piece.length);
      }),
    );
  }

  #unit(at: number, packed: Packed, bytes: () => Promise<Buffer>): Promise<Buffer> {
    const known = this.#unpacked.get(at);
    if (known) return known;
    const unpacked = bytes().then((read) => {
      if (!this.#map.unpack) throw this.#refuse('it has compressed parts');
      return this.#map.unpack(read, packed);
    });
    this.#unpacked.set(at, unpacked);
    unpacked.catch(() => this.#unpacked.delete(at));
    const most = Math.max(1, Math.floor(unpackedBytesInMemory / packed.unpackedBytes));
    for (const oldest of this.#unpacked.keys()) {
      if (this.#unpacked.size <= most) break;
      this.#unpacked.delete(oldest);
    }
    return unpacked;
  }

  #check(at: number, length: number): void {
    if (!isInside(this.#source, at, length)) {
      throw this.#refuse('its tables name bytes that are not inside the file');
    }
  }
}

function endOf({ at, length, packed }: Placed): number {
  return at + (packed ? packed.maxBytes : length);
}

/** Adds a piece, as one with the last where they are the same run. */
export function appendPiece(pieces: Piece[], next: Piece): void {
  const last = pieces.at(-1);
  const continues =
    last !== undefined &&
    !last.packed &&
    !next.packed &&
    (next.at === undefined
      ? last.at === undefined
      : last.at !== undefined && last.at + last.length === next.at);
  if (last && continues) last.length += next.length;
  else pieces.push(next);
}
