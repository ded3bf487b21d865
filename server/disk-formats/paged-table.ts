/**
 * A table of a file, read a page at a time when an entry is asked for: what it takes in memory does
 * not depend on how large the file says that it is.
 */
import { type Refuse, readNamed } from './disk-format-error.ts';
import type { RandomAccess } from './random-access.ts';

/** A multiple of every entry's length. */
const pageBytes = 64 * 1024;
const pagesInMemory = 16;

export interface TablePlace {
  offset: number;
  entries: number;
  entryBytes: number;
}

export class PagedTable {
  readonly entries: number;
  readonly #source: RandomAccess;
  readonly #place: TablePlace;
  readonly #pages = new Map<number, Promise<Buffer>>();
  readonly #what: string;
  readonly #refuse: Refuse;

  constructor(source: RandomAccess, place: TablePlace, what: string, refuse: Refuse) {
    this.entries = place.entries;
    this.#source = source;
    this.#place = place;
    this.#what = what;
    this.#refuse = refuse;
  }

  /** From entry `index` on, as many as its page has. */
  async from(index: number): Promise<Buffer> {
    const perPage = pageBytes / this.#place.entryBytes;
    const page = Math.floor(index / perPage);
    const bytes = await this.#page(page);
    return bytes.subarray((index - page * perPage) * this.#place.entryBytes);
  }

  #page(page: number): Promise<Buffer> {
    const known = this.#pages.get(page);
    if (known) return known;
    const { offset, entries, entryBytes } = this.#place;
    const start = page * pageBytes;
    const length = Math.min(pageBytes, entries * entryBytes - start);
    const place = { offset: offset + start, length };
    const read = readNamed(this.#source, place, this.#what, this.#refuse);
    this.#pages.set(page, read);
    read.catch(() => this.#pages.delete(page));
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= pagesInMemory) break;
      this.#pages.delete(oldest);
    }
    return read;
  }
}
