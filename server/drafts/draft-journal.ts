/**
 * The journal of a draft: which block was put at which index, in the order of the puts. A put is
 * on record when `append` resolves; what a power cut leaves of a later one is cut off at the next
 * open. It knows nothing of snapshots, and of blocks their digests only.
 *
 *   header   16 bytes: `IMAGODRF`, version 1 (4 bytes), 0 (4 bytes)
 *   record   40 bytes: index (4), digest or zeros for the zero block (32), CRC-32 of both (4)
 *
 * Numbers are unsigned and big-endian.
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

export const recordBytes = 40;
const headerBytes = 16;
const digestAt = 4;
const checkAt = 36;
const pageBytes = 8192 * recordBytes;
const fileMode = 0o600;
const header = Buffer.from('IMAGODRF\0\0\0\x01\0\0\0\0', 'latin1');
const noDigest = '0'.repeat(64);

export class JournalDamagedError extends Error {
  override name = 'JournalDamagedError';
  constructor(file: string) {
    super(`the journal of a draft is damaged: ${file}`);
  }
}

/** An empty one is there, name and bytes, when it resolves. */
export async function createJournal(files: Files, file: string): Promise<void> {
  await replaceFile(files, file, header, { mode: fileMode });
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
    const bytes = Buffer.alloc(records.length * recordBytes);
    for (const [i, record] of records.entries()) writeRecord(bytes, i * recordBytes, record);
    this.#suspect = true;
    await this.#file.write(bytes, this.#sizeBytes);
    await this.#file.sync();
    this.#suspect = false;
    this.#sizeBytes += bytes.length;
  }

  /** Whole records, many at a time; the bytes are good until the next are asked for. */
  pages(): AsyncGenerator<Buffer> {
    return readPages(this.#file, this.#sizeBytes);
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
      await file.write(header, 0);
      let at = headerBytes;
      for await (const page of this.pages()) {
        await file.write(page, at);
        at += page.length;
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
  yield* readPages(file, await soundBytes(file, path));
}

export function indexOfRecord(page: Buffer, at: number): number {
  return page.readUInt32BE(at);
}

/** The digest's 32 bytes. */
export function digestBytesOfRecord(page: Buffer, at: number): Buffer {
  return page.subarray(at + digestAt, at + checkAt);
}

function writeRecord(bytes: Buffer, at: number, { index, digest }: PutRecord): void {
  bytes.writeUInt32BE(index, at);
  bytes.write(digest ?? noDigest, at + digestAt, 'hex');
  bytes.writeUInt32BE(crc32(bytes.subarray(at, at + checkAt)), at + checkAt);
}

/** Up to the first record that is none, which an append that was cut off may have left. */
async function soundBytes(file: OpenFile, path: string): Promise<number> {
  const { sizeBytes } = await file.stat();
  const start = Buffer.alloc(headerBytes);
  await file.read(start, 0);
  if (!start.equals(header)) throw new JournalDamagedError(path);
  let sound = headerBytes;
  for await (const page of readPages(file, sizeBytes)) {
    let at = 0;
    while (at < page.length && isSound(page, at)) at += recordBytes;
    sound += at;
    if (at < page.length) break;
  }
  if (sizeBytes - sound > appendMaxRecords * recordBytes) throw new JournalDamagedError(path);
  return sound;
}

function isSound(page: Buffer, at: number): boolean {
  return crc32(page.subarray(at, at + checkAt)) === page.readUInt32BE(at + checkAt);
}

async function* readPages(file: OpenFile, sizeBytes: number): AsyncGenerator<Buffer> {
  const page = Buffer.alloc(pageBytes);
  for (let at = headerBytes; at < sizeBytes; ) {
    const wanted = Math.min(pageBytes, sizeBytes - at);
    const read = await file.read(page.subarray(0, wanted), at);
    const whole = read - (read % recordBytes);
    if (whole === 0) return;
    yield page.subarray(0, whole);
    at += whole;
  }
}
