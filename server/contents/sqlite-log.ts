/**
 * An SQLite file together with its write-ahead log: pages that were written last are in the log, and
 * count up to the last that ended a transaction. What is behind that, or is of an earlier round of
 * the log, is as if it were not there, as it is to SQLite.
 */
import { UnreadableContents } from './bounded-reader.ts';
import type { SqliteSource } from './sqlite-tables.ts';

/** The second says that checksums take the words of a frame with their first byte first. */
const magics = [0x377f0682, 0x377f0683];
const headerBytes = 32;
const frameHeaderBytes = 24;
/** SQLite merges it at four MiB, where it can. */
const logBytesMax = 256 * 1024 ** 2;

export async function withLog(file: SqliteSource, log: SqliteSource): Promise<SqliteSource> {
  if (log.sizeBytes < headerBytes) return file;
  if (log.sizeBytes > logBytesMax) throw new UnreadableContents('a log of a database is too large');
  const header = await log.read(0, headerBytes);
  const order = magics.indexOf(header.readUInt32BE(0));
  const pageBytes = header.readUInt32BE(8);
  const isPage = pageBytes >= 512 && pageBytes <= 65_536 && (pageBytes & (pageBytes - 1)) === 0;
  const sum = new Sum(order === 1);
  sum.add(header.subarray(0, 24));
  if (order < 0 || !isPage || !sum.is(header.subarray(24))) return file;
  const { places, pages } = await committed(log, { header, pageBytes, sum });
  return pages === 0 ? file : new Merged(file, log, { places, pageBytes, pages });
}

/** Where in the log the last of each page is, and of how many pages the file is with them. */
async function committed(
  log: SqliteSource,
  { header, pageBytes, sum }: { header: Buffer; pageBytes: number; sum: Sum },
): Promise<{ places: Map<number, number>; pages: number }> {
  const places = new Map<number, number>();
  let pages = 0;
  let pending = new Map<number, number>();
  const frameBytes = frameHeaderBytes + pageBytes;
  for (let at = headerBytes; at + frameBytes <= log.sizeBytes; at += frameBytes) {
    const frame = await log.read(at, frameBytes);
    if (!frame.subarray(8, 16).equals(header.subarray(16, 24))) break;
    sum.add(frame.subarray(0, 8));
    sum.add(frame.subarray(frameHeaderBytes));
    if (!sum.is(frame.subarray(16, 24))) break;
    pending.set(frame.readUInt32BE(0), at + frameHeaderBytes);
    if (frame.readUInt32BE(4) === 0) continue;
    pages = frame.readUInt32BE(4);
    for (const [page, place] of pending) places.set(page, place);
    pending = new Map();
  }
  return { places, pages };
}

class Merged implements SqliteSource {
  readonly sizeBytes: number;
  readonly #file: SqliteSource;
  readonly #log: SqliteSource;
  readonly #places: ReadonlyMap<number, number>;
  readonly #pageBytes: number;

  constructor(
    file: SqliteSource,
    log: SqliteSource,
    { places, pageBytes, pages }: { places: Map<number, number>; pageBytes: number; pages: number },
  ) {
    // No more than there can be something in.
    let last = file.sizeBytes / pageBytes;
    for (const page of places.keys()) last = Math.max(last, page);
    this.sizeBytes = Math.min(pages, Math.floor(last)) * pageBytes;
    this.#file = file;
    this.#log = log;
    this.#places = places;
    this.#pageBytes = pageBytes;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    const bytes = Buffer.alloc(length);
    const inFile = Math.min(length, this.#file.sizeBytes - offset);
    if (inFile > 0) (await this.#file.read(offset, inFile)).copy(bytes);
    const first = Math.floor(offset / this.#pageBytes);
    for (let page = first; page * this.#pageBytes < offset + length; page++) {
      const place = this.#places.get(page + 1);
      if (place === undefined) continue;
      const at = page * this.#pageBytes - offset;
      (await this.#log.read(place, this.#pageBytes)).copy(bytes, Math.max(at, 0), Math.max(-at, 0));
    }
    return bytes;
  }
}

/** Of all that came before, too. */
class Sum {
  readonly #words: (bytes: Buffer, at: number) => number;
  #first = 0;
  #second = 0;

  constructor(isBigEndian: boolean) {
    this.#words = isBigEndian
      ? (bytes, at) => bytes.readUInt32BE(at)
      : (bytes, at) => bytes.readUInt32LE(at);
  }

  add(bytes: Buffer): void {
    for (let at = 0; at + 8 <= bytes.length; at += 8) {
      this.#first = (this.#first + this.#words(bytes, at) + this.#second) >>> 0;
      this.#second = (this.#second + this.#words(bytes, at + 4) + this.#first) >>> 0;
    }
  }

  is(bytes: Buffer): boolean {
    return bytes.readUInt32BE(0) === this.#first && bytes.readUInt32BE(4) === this.#second;
  }
}
