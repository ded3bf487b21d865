/**
 * The journal of a draft: which block was put at which index, in the order of the puts. A put is on
 * record when `append` resolves; what a power cut leaves of a later one is cut off at the next
 * open. It knows nothing of snapshots, and of blocks their digests only.
 *
 * Pages of 4 KiB. The first begins with `IMAGODRF` and the version 2 (4 bytes); of the others each
 * has:
 *
 *   0    CRC-32 of all that follows (4)
 *   4    number of records, 1 to 60 (4)
 *   8    records: index (4), digest or zeros for the zero block (32), of a sealed block what its
 *        plain bytes' digest is encrypted to, else zeros (32: draft-seal.ts)
 *
 * Version 1, which is read and appended to, has no third part, and up to 113 records a page. The
 * rest are zeros; numbers are unsigned and big-endian. Each append begins a page, so that no page
 * that is on disk is written again: a power cut may spoil the whole of one that is.
 */
import path from 'node:path';
import { crc32 } from 'node:zlib';
import type { Digest } from '../blocks/block-store.ts';
import { digestBytes } from '../blocks/map-pages.ts';
import { type Files, isAbsent, type OpenFile } from '../files/files.ts';
import { replaceFile, unlinkIfThere } from '../files/whole-file.ts';

export interface PutRecord {
  index: number;
  /** null: the zero block. */
  digest: Digest | null;
  /** Of a sealed block: what its plain bytes' digest is encrypted to. */
  checksum?: Buffer;
}

/** Records that are appended at once. What is broken farther from the end was broken later. */
export const appendMaxRecords = 1024;

const pageBytes = 4096;
const pageHeadBytes = 8;
/** Of the file, in one go. */
const readBytes = 64 * pageBytes;
const digestAt = 4;
const checksumAt = digestAt + digestBytes;
const fileMode = 0o600;
const noDigest = '0'.repeat(64);
const noChecksum = Buffer.alloc(digestBytes);

interface Version {
  firstPage: Buffer;
  recordBytes: number;
}

const versionOf = (number: number, recordBytes: number): Version => ({
  firstPage: Buffer.concat(
    [Buffer.from(`IMAGODRF\0\0\0${String.fromCharCode(number)}`, 'latin1')],
    pageBytes,
  ),
  recordBytes,
});
const current = versionOf(2, checksumAt + digestBytes);
const versions = [versionOf(1, checksumAt), current];
const pageMaxRecords = ({ recordBytes }: Version) =>
  Math.floor((pageBytes - pageHeadBytes) / recordBytes);
const appendMaxBytes = Math.ceil(appendMaxRecords / pageMaxRecords(current)) * pageBytes;

export class JournalDamagedError extends Error {
  override name = 'JournalDamagedError';
  constructor(file: string) {
    super(`the journal of a draft is damaged: ${file}`);
  }
}

/** An empty one is there, name and bytes, when it resolves. */
export async function createJournal(files: Files, file: string): Promise<void> {
  await replaceFile(files, file, current.firstPage, { mode: fileMode });
}

export async function removeJournal(files: Files, file: string): Promise<void> {
  await unlinkIfThere(files, `${file}.new`);
  await unlinkIfThere(files, file);
}

export class DraftJournal implements AsyncDisposable {
  readonly #files: Files;
  readonly #path: string;
  readonly #version: Version;
  #file: OpenFile;
  #sizeBytes: number;
  /** What was written last may not be on disk, whatever a later sync says. */
  #suspect = false;

  private constructor(files: Files, path: string, file: OpenFile, { version, sizeBytes }: Sound) {
    this.#files = files;
    this.#path = path;
    this.#version = version;
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
      const sound = await soundPart(file, path);
      // Nothing of an append that was cut off comes back behind a later one.
      await file.truncate(sound.sizeBytes);
      return new DraftJournal(files, path, file, sound);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** At most `appendMaxRecords`, one call at a time. They are durable when it resolves. */
  async append(records: readonly PutRecord[]): Promise<void> {
    if (this.#suspect) await this.#renew();
    const bytes = pagesOf(records, this.#version);
    this.#suspect = true;
    await this.#file.write(bytes, this.#sizeBytes);
    await this.#file.sync();
    this.#suspect = false;
    this.#sizeBytes += bytes.length;
  }

  /** Many at a time; good until the next are asked for. */
  records(): AsyncGenerator<PutRecords> {
    const sound = { version: this.#version, sizeBytes: this.#sizeBytes };
    return recordsIn(this.#file, sound, this.#path);
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
export async function* journalRecords(files: Files, path: string): AsyncGenerator<PutRecords> {
  await using file = await files.open(path, 'read');
  yield* recordsIn(file, await soundPart(file, path), path);
}

/** Those of a page. */
export class PutRecords {
  readonly count: number;
  readonly #bytes: Buffer;
  readonly #recordBytes: number;

  constructor(bytes: Buffer, count: number, recordBytes: number) {
    this.#bytes = bytes;
    this.count = count;
    this.#recordBytes = recordBytes;
  }

  indexOf(record: number): number {
    return this.#bytes.readUInt32BE(record * this.#recordBytes);
  }

  /** The digest's 32 bytes. */
  digestOf(record: number): Buffer {
    const at = record * this.#recordBytes + digestAt;
    return this.#bytes.subarray(at, at + digestBytes);
  }

  /** As it was put on record. */
  checksumOf(record: number): Buffer {
    if (this.#recordBytes === checksumAt) return noChecksum;
    const at = record * this.#recordBytes + checksumAt;
    return this.#bytes.subarray(at, at + digestBytes);
  }
}

function pagesOf(records: readonly PutRecord[], version: Version): Buffer {
  const pages: Buffer[] = [];
  const atOnce = pageMaxRecords(version);
  for (let first = 0; first < records.length; first += atOnce) {
    const page = Buffer.alloc(pageBytes);
    const here = records.slice(first, first + atOnce);
    for (const [i, { index, digest, checksum }] of here.entries()) {
      const at = pageHeadBytes + i * version.recordBytes;
      page.writeUInt32BE(index, at);
      page.write(digest ?? noDigest, at + digestAt, 'hex');
      if (checksum) page.set(checksum, at + checksumAt);
    }
    page.writeUInt32BE(here.length, 4);
    page.writeUInt32BE(crc32(page.subarray(4)), 0);
    pages.push(page);
  }
  return Buffer.concat(pages);
}

/** Undefined where the page is none. */
function recordsOf(page: Buffer, { recordBytes }: Version): PutRecords | undefined {
  if (page.length < pageBytes || crc32(page.subarray(4)) !== page.readUInt32BE(0)) return undefined;
  return new PutRecords(page.subarray(pageHeadBytes), page.readUInt32BE(4), recordBytes);
}

interface Sound {
  version: Version;
  sizeBytes: number;
}

/** Up to the first page that is none, which an append that was cut off may have left. */
async function soundPart(file: OpenFile, path: string): Promise<Sound> {
  const { sizeBytes } = await file.stat();
  const first = Buffer.alloc(pageBytes);
  await file.read(first, 0);
  const version = versions.find(({ firstPage }) => first.equals(firstPage));
  if (!version) throw new JournalDamagedError(path);
  let sound = pageBytes;
  for await (const page of readPages(file, sizeBytes)) {
    if (!recordsOf(page, version)) break;
    sound += pageBytes;
  }
  if (sizeBytes - sound > appendMaxBytes) throw new JournalDamagedError(path);
  return { version, sizeBytes: sound };
}

async function* recordsIn(
  file: OpenFile,
  { version, sizeBytes }: Sound,
  path: string,
): AsyncGenerator<PutRecords> {
  for await (const page of readPages(file, sizeBytes)) {
    const records = recordsOf(page, version);
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
