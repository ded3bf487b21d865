/**
 * The rows of one table of an SQLite file, read in the order of their numbers. The bytes are
 * hostile: each page is looked at once, so there is an end. It knows no SQL, no index and no other
 * text than UTF-8; a write-ahead log beside it is sqlite-log.ts's.
 */
import { UnreadableContents } from './bounded-reader.ts';

/** Where the file is: exactly as many bytes as are asked for, all of which are there. */
export interface SqliteSource {
  sizeBytes: number;
  read(offset: number, length: number): Promise<Buffer>;
}

export type SqliteValue = null | number | bigint | string | Buffer;

export interface SqliteRow {
  number: number;
  /** In order of the columns; what was added to the table later may lack at the end. */
  values: SqliteValue[];
}

const magic = 'SQLite format 3\0';
const headerBytes = 100;
const pages = { inner: 0x05, leaf: 0x0d };
/** Above what a file of the largest size has. */
const levelsMax = 20;
/** Of one row: far above the largest package. */
const rowBytesMax = 16 * 1024 ** 2;
const columnsMax = 2000;
/** Read at once, and some of those kept, as pages lie beside each other. */
const pieceBytes = 256 * 1024;
const piecesMax = 16;

export class SqliteFile {
  readonly #source: SqliteSource;
  readonly #pageBytes: number;
  readonly #usableBytes: number;
  readonly #pages: number;
  readonly #pieces = new Map<number, Buffer>();

  private constructor(source: SqliteSource, header: Buffer) {
    const said = header.readUInt16BE(16);
    this.#source = source;
    this.#pageBytes = said === 1 ? 65_536 : said;
    this.#usableBytes = this.#pageBytes - header.readUInt8(20);
    this.#pages = Math.floor(source.sizeBytes / this.#pageBytes);
  }

  static async open(source: SqliteSource): Promise<SqliteFile> {
    const header = source.sizeBytes < headerBytes ? undefined : await source.read(0, headerBytes);
    if (header?.toString('latin1', 0, 16) !== magic) throw damaged('its header');
    const file = new SqliteFile(source, header);
    const isPower = (file.#pageBytes & (file.#pageBytes - 1)) === 0;
    const isRight = isPower && file.#pageBytes >= 512 && file.#usableBytes >= 480;
    if (!isRight || file.#pages < 1) throw damaged('its header');
    if (header.readUInt32BE(56) > 1) throw new UnreadableContents('its text is not UTF-8');
    return file;
  }

  /** Undefined where there is no table of this name. */
  async table(name: string): Promise<AsyncGenerator<SqliteRow> | undefined> {
    for await (const { values } of this.#rows(1, new Set(), levelsMax)) {
      const [kind, called, , root, sql] = values;
      if (kind !== 'table' || called !== name) continue;
      const isOfRows = typeof sql === 'string' && !/\bWITHOUT\s+ROWID\b/i.test(sql);
      if (typeof root !== 'number' || !isOfRows) throw damaged('a table');
      return this.#rows(root, new Set(), levelsMax);
    }
    return undefined;
  }

  /** `seen` has all pages that there were, of rows that go on in others too. */
  async *#rows(number: number, seen: Set<number>, levels: number): AsyncGenerator<SqliteRow> {
    if (levels === 0) throw damaged('a table is too deep');
    const page = await this.#page(number, seen);
    const start = number === 1 ? headerBytes : 0;
    const kind = page.readUInt8(start);
    if (kind !== pages.inner && kind !== pages.leaf) throw damaged('a page');
    const isLeaf = kind === pages.leaf;
    const count = page.readUInt16BE(start + 3);
    const pointers = start + (isLeaf ? 8 : 12);
    if (pointers + count * 2 > this.#usableBytes) throw damaged('a page');
    for (let index = 0; index < count; index++) {
      const at = page.readUInt16BE(pointers + index * 2);
      if (at + 4 > this.#usableBytes) throw damaged('a page');
      if (isLeaf) yield await this.#row(page, at, seen);
      else yield* this.#rows(page.readUInt32BE(at), seen, levels - 1);
    }
    if (!isLeaf) yield* this.#rows(page.readUInt32BE(start + 8), seen, levels - 1);
  }

  /** What does not fit is in a chain of pages. */
  async #row(page: Buffer, at: number, seen: Set<number>): Promise<SqliteRow> {
    const cell = new Numbers(page.subarray(0, this.#usableBytes), at);
    const size = Number(cell.next());
    const number = Number(BigInt.asIntN(64, cell.next()));
    if (size > Math.min(rowBytesMax, this.#source.sizeBytes)) throw damaged('a row is too large');
    const here = this.#bytesInPage(size);
    if (cell.at + here + (here < size ? 4 : 0) > this.#usableBytes) throw damaged('a row');
    const parts = [page.subarray(cell.at, cell.at + here)];
    let left = size - here;
    for (let next = left > 0 ? page.readUInt32BE(cell.at + here) : 0; left > 0; ) {
      const more = await this.#page(next, seen);
      const part = more.subarray(4, Math.min(this.#usableBytes, 4 + left));
      parts.push(part);
      left -= part.length;
      next = more.readUInt32BE(0);
    }
    return {
      number,
      values: valuesOf(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)),
    };
  }

  #bytesInPage(size: number): number {
    const usable = this.#usableBytes;
    if (size <= usable - 35) return size;
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const some = least + ((size - least) % (usable - 4));
    return some <= usable - 35 ? some : least;
  }

  async #page(number: number, seen: Set<number>): Promise<Buffer> {
    if (number < 1 || number > this.#pages || seen.has(number))
      throw damaged('the number of a page');
    seen.add(number);
    const start = (number - 1) * this.#pageBytes;
    const index = Math.floor(start / pieceBytes);
    const piece = this.#pieces.get(index) ?? (await this.#piece(index));
    return piece.subarray(start % pieceBytes, (start % pieceBytes) + this.#pageBytes);
  }

  async #piece(index: number): Promise<Buffer> {
    const start = index * pieceBytes;
    const length = Math.min(pieceBytes, this.#source.sizeBytes - start);
    const piece = await this.#source.read(start, length);
    const [oldest] = this.#pieces.keys();
    if (this.#pieces.size >= piecesMax && oldest !== undefined) this.#pieces.delete(oldest);
    this.#pieces.set(index, piece);
    return piece;
  }
}

/** Numbers of one to nine bytes, of which each but the ninth has seven bits. */
class Numbers {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  next(): bigint {
    let value = 0n;
    for (let index = 0; index < 9; index++) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) throw damaged('a row');
      if (index === 8) return (value << 8n) | BigInt(byte);
      value = (value << 7n) | BigInt(byte & 0x7f);
      if (byte < 0x80) break;
    }
    return value;
  }
}

/** First what kind each is of, then they themselves. */
function valuesOf(row: Buffer): SqliteValue[] {
  const kinds = new Numbers(row, 0);
  const end = Number(kinds.next());
  const values: SqliteValue[] = [];
  if (end > row.length) throw damaged('a row');
  for (let at = end; kinds.at < end; ) {
    const kind = Number(kinds.next());
    const length = lengthOf(kind);
    if (at + length > row.length || values.length >= columnsMax) throw damaged('a row');
    values.push(decoded(kind, row.subarray(at, at + length)));
    at += length;
  }
  return values;
}

function lengthOf(kind: number): number {
  if (kind >= 12) return Math.floor((kind - 12) / 2);
  const length = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0][kind];
  if (length === undefined) throw damaged('a value');
  return length;
}

function decoded(kind: number, bytes: Buffer): SqliteValue {
  if (kind === 0) return null;
  if (kind === 7) return bytes.readDoubleBE(0);
  if (kind === 6) return bytes.readBigInt64BE(0);
  if (kind === 8 || kind === 9) return kind - 8;
  if (kind < 6) return bytes.readIntBE(0, bytes.length);
  // Copies: what they are of is a page that is kept for as long as one of its values is.
  return kind % 2 === 0 ? Buffer.from(bytes) : bytes.toString();
}

function damaged(what: string): UnreadableContents {
  return new UnreadableContents(`the database is damaged: ${what}`);
}
