/**
 * A header of rpm, as its database has one of each package: an index of tags, each with a type, a
 * place and a count, and the data that they point into.
 */
import { UnreadableContents } from './bounded-reader.ts';

const entryBytes = 16;
/** rpm's own limits. */
const entriesMax = 0xffff;
const sizes: Readonly<Record<number, number>> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1 };
const types = { string: 6, strings: 8, translated: 9 };

export const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  summary: 1004,
  size: 1009,
  vendor: 1011,
  license: 1014,
  packager: 1015,
  url: 1020,
  architecture: 1022,
  fileSizes: 1028,
  fileModes: 1030,
  fileDigests: 1035,
  fileTargets: 1036,
  fileFlags: 1037,
  fileUsers: 1039,
  fileGroups: 1040,
  source: 1044,
  folderIndexes: 1116,
  baseNames: 1117,
  folderNames: 1118,
  longFileSizes: 5008,
  longSize: 5009,
  fileDigestKind: 5011,
} as const;

interface IndexEntry {
  type: number;
  offset: number;
  count: number;
}

export class RpmHeader {
  readonly #data: Buffer;
  readonly #entries = new Map<number, IndexEntry>();

  constructor(bytes: Buffer) {
    const [count, length] = bytes.length < 8 ? [] : [bytes.readUInt32BE(0), bytes.readUInt32BE(4)];
    const start = 8 + (count ?? 0) * entryBytes;
    if (count === undefined || count > entriesMax || start + (length ?? 0) !== bytes.length) {
      throw damaged();
    }
    this.#data = bytes.subarray(start);
    for (let at = 8; at < start; at += entryBytes) {
      this.#entries.set(bytes.readUInt32BE(at), {
        type: bytes.readUInt32BE(at + 4),
        offset: bytes.readInt32BE(at + 8),
        count: bytes.readUInt32BE(at + 12),
      });
    }
  }

  /** The first, of what is translated: that is the one in English. */
  text(tag: number): string | undefined {
    return this.texts(tag)[0];
  }

  /** Each ends with a zero. */
  texts(tag: number): string[] {
    const entry = this.#entries.get(tag);
    if (!entry) return [];
    const { type, offset, count } = entry;
    const isText = [types.string, types.strings, types.translated].includes(type);
    // Each has at least its end.
    if (!isText || offset < 0 || offset + count > this.#data.length) throw damaged();
    const texts: string[] = [];
    for (let at = offset; texts.length < (type === types.string ? 1 : count); ) {
      const end = this.#data.indexOf(0, at);
      if (end < 0) throw damaged();
      texts.push(this.#data.toString('utf8', at, end));
      at = end + 1;
    }
    return texts;
  }

  number(tag: number): number | undefined {
    return this.numbers(tag)[0];
  }

  numbers(tag: number): number[] {
    const entry = this.#entries.get(tag);
    if (!entry) return [];
    const { type, offset, count } = entry;
    const size = sizes[type];
    if (size === undefined || offset < 0 || offset + count * size > this.#data.length) {
      throw damaged();
    }
    return Array.from({ length: count }, (_, index) => {
      const at = offset + index * size;
      return size === 8 ? Number(this.#data.readBigUInt64BE(at)) : this.#data.readUIntBE(at, size);
    });
  }
}

export function damaged(): UnreadableContents {
  return new UnreadableContents('the database of rpm is damaged: a header');
}
