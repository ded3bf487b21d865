/**
 * The journal of a draft: which block was put at which index, in the order of the puts. A put is
 * on record when `append` resolves; what a power cut leaves of a later one is cut off at the next
 * open. It knows nothing of snapshots, and of blocks their digests only.
 *
 * Pages of 4 KiB. The first begins with `IMAGODRF` and the version 1 (4 bytes); of the others each
 * has:
 *
 *   0    CRC-32 of all that follows (4)
 *   4    number of records, 1 to 113 (4)
 *   8    records: index (4), digest or zeros for the zero block (32)
 *
 * The rest are zeros; numbers are unsigned and big-endian. Each append begins a page, so that no
 * page that is on disk is written again: a power cut may spoil the whole of one that is.
 */
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Digest } from '../blocks/block-store.ts';
import { type Files, isAbsent, type OpenFile } from '../files/files.ts';
import { replaceFile, unlinkIfThere } from '../files/whole-file.ts';

export interface PutRecord {
  index: number;
  /** null: the zero block. */
  digest: Digest | null;
}

/** Records that are appended at once. What is broken farther from the end was broken later. */
export const appendMaxRecords = 1024;

export const recordBytes = 36;
const pageBytes = 4096;
const pageHeadBytes = 8;
const pageMaxRecords = Math.floor((pageBytes - pageHeadBytes) / recordBytes);
const appendMaxBytes = Math.ceil(appendMaxRecords / pageMaxRecords) * pageBytes;
/** Of the file, in one go. */
const readBytes = 64 * pageBytes;
const digestAt = 4;
const fileMode = 0o600;
const firstPage = Buffer.concat([Buffer.from('IMAGODRF\0\0\0\x01', 'latin1')], pageBytes);
const noDigest = '0'.repeat(64);

export class JournalDamagedError extends Error {
  override name = 'JournalDamagedError';
  constructor(file: string) {
    super(`the journal of a draft is damaged: ${file}`);
  }
}

/** An empty one is there, name and bytes, when it resolves. */
export async function createJournal(files: Files, file: string): Promise<void> {
  await replaceFile(files, file, firstPage, { mode: fileMode });
}

export async function removeJournal(files: Files, file: string): Promise<void> {
  await unlinkIfThere(files, `${file}.new`);
  await unlinkIfThere(files, file);
}

export class DraftJournal implements AsyncDisposable {
  readonly #files: Files;
  readonly #path: string;
  #file: OpenFile;
  #sizeBytes: number;
  /** What was written last may not be on disk, whatever a later sync says. */
  #suspect = false;

  private constructor(files: Files, path: string, file: OpenFile, sizeBytes: number) {
    this.#files = files;
    this.#path = path;
    this.#file = file;
    this.#sizeBytes = sizeBytes;
  }

  /** Undefined where there is none. Throws JournalDamagedError. */
  static async open(files: Files, path: string): Promise<DraftJournal | undefined> {
    const file = await files.open(path, 'update').catch((error) => {
      if (isAbsent(error)) return undefined;
      throw error;
    });
    if (!file) return undefined;
    try {
      const sizeBytes = await soundBytes(file, path);
      // Nothing of an append that was cut off comes back behind a later one.
      await file.truncate(sizeBytes);
      return new DraftJournal(files, path, file, sizeBytes);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** At most `appendMaxRecords`, one call at a time. They are durable when it resolves. */
  async append(records: readonly PutRecord[]): Promise<void> {
    if (this.#suspect) await this.#renew();
    const bytes = pagesOf(records);
    this.#suspect = true;
    await this.#file.write(bytes, this.#sizeBytes);
    await this.#file.sync();
    this.#suspect = false;
    this.#sizeBytes += bytes.length;
  }

  /** Records, many at a time; the bytes are good until the next are asked for. */
  pages(): AsyncGenerator<Buffer> {
    return recordsIn(this.#file, this.#sizeBytes, this.#path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }

  /** To another file: a sync that failed is not made good by one that does not. */
  async #renew(): Promise<void> {
    const fresh = `${this.#path}.new`;
    await unlinkIfThere(this.#files, fresh);
    const file = await this.#files.open(fresh, 'create', fileMode);
    try {
      const room = Buffer.alloc(readBytes);
      for (let at = 0; at < this.#sizeBytes; at += readBytes) {
        const part = room.subarray(0, Math.min(readBytes, this.#sizeBytes - at));
        await this.#file.read(part, at);
        await file.write(part, at);
      }
      await file.sync();
      await this.#files.rename(fresh, this.#path);
      await this.#files.syncFolder(path.dirname(this.#path));
    } catch (error) {
      await file.close();
      throw error;
    }
    await this.#file.close();
    this.#file = file;
    this.#suspect = false;
  }
}

/** For whoever only looks, while others may be appending. */
export async function* journalPages(files: Files, path: string): AsyncGenerator<Buffer> {
  await using file = await files.open(path, 'read');
  yield* recordsIn(file, await soundBytes(file, path), path);
}

export function indexOfRecord(page: Buffer, at: number): number {
  return page.readUInt32BE(at);
}

/** The digest's 32 bytes. */
export function digestBytesOfRecord(page: Buffer, at: number): Buffer {
  return page.subarray(at + digestAt, at + recordBytes);
}

function pagesOf(records: readonly PutRecord[]): Buffer {
  const pages: Buffer[] = [];
  for (let first = 0; first < records.length; first += pageMaxRecords) {
    const page = Buffer.alloc(pageBytes);
    const here = records.slice(first, first + pageMaxRecords);
    for (const [i, { index, digest }] of here.entries()) {
      const at = pageHeadBytes + i * recordBytes;
      page.writeUInt32BE(index, at);
      page.write(digest ?? noDigest, at + digestAt, 'hex');
    }
    page.writeUInt32BE(here.length, 4);
    page.writeUInt32BE(crc32(page.subarray(4)), 0);
    pages.push(page);
  }
  return Buffer.concat(pages);
}

/** Undefined where the page is none. */
function recordsOf(page: Buffer): Buffer | undefined {
  if (page.length < pageBytes || crc32(page.subarray(4)) !== page.readUInt32BE(0)) return undefined;
  return page.subarray(pageHeadBytes, pageHeadBytes + page.readUInt32BE(4) * recordBytes);
}

/** Up to the first page that is none, which an append that was cut off may have left. */
async function soundBytes(file: OpenFile, path: string): Promise<number> {
  const { sizeBytes } = await file.stat();
  const first = Buffer.alloc(pageBytes);
  await file.read(first, 0);
  if (!first.equals(firstPage)) throw new JournalDamagedError(path);
  let sound = pageBytes;
  for await (const page of readPages(file, sizeBytes)) {
    if (!recordsOf(page)) break;
    sound += pageBytes;
  }
  if (sizeBytes - sound > appendMaxBytes) throw new JournalDamagedError(path);
  return sound;
}

async function* recordsIn(file: OpenFile, sizeBytes: number, path: string): AsyncGenerator<Buffer> {
  for await (const page of readPages(file, sizeBytes)) {
    const records = recordsOf(page);
    if (!records) throw new JournalDamagedError(path);
    yield records;
  }
}

async function* readPages(file: OpenFile, sizeBytes: number): AsyncGenerator<Buffer> {
  const room = Buffer.alloc(readBytes);
  for (let at = pageBytes; at < sizeBytes; at += readBytes) {
    const part = room.subarray(0, Math.min(readBytes, sizeBytes - at));
    const read = await file.read(part, at);
    for (let page = 0; page < read; page += pageBytes) {
      yield part.subarray(page, Math.min(page + pageBytes, read));
    }
  }
}
