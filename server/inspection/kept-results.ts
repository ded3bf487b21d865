/**
 * What was found out about images, by the digests of their disks: the same bytes are read once,
 * whoever asks. In memory and in files, both bounded, those that were used last. It is a cache: what
 * is missing or torn is made again, and nothing waits for it.
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import { linesOf, resultOf } from './result-lines.ts';

const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)];

/** To be raised whenever files are written in another way. */
const format = '2';
/** As texts, which are what they take at least. */
const memoryMaxBytes = 16 * 1024 ** 2;
const filesMaxBytes = 256 * 1024 ** 2;
/** Of one file; what is larger is made again. */
const resultMaxBytes = 64 * 1024 ** 2;
const checksumBytes = 32;
/** Of a checksum at once. */
const pieceBytes = 1024 ** 2;

interface Kept {
  value: unknown;
  /** Of its text. */
  bytes: number;
}

export class KeptResults {
  readonly #folder: string;
  /** The one that was used last at the end. */
  readonly #memory = new Map<string, Kept>();
  #bytes = 0;
  readonly #making = new Map<string, Promise<unknown>>();
  /** Nobody waits for it but the next. */
  #writing: Promise<void> = Promise.resolve();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Who asks while it is made waits for the same. It is for reading: others have it too. */
  get<T>(
    parts: readonly string[],
    { inMemory }: { inMemory: boolean },
    make: () => Promise<T>,
  ): Promise<T> {
    const key = createHash('sha256')
      .update(JSON.stringify([format, ...parts]))
      .digest('hex');
    const kept = this.#memory.get(key);
    if (kept) {
      this.#memory.delete(key);
      this.#memory.set(key, kept);
      return Promise.resolve(kept.value as T);
    }
    const making = this.#making.get(key) ?? this.#make(key, inMemory, make);
    this.#making.set(key, making);
    return making as Promise<T>;
  }

  /** All files are written that will be. */
  settled(): Promise<void> {
    return this.#writing;
  }

  async #make<T>(key: string, inMemory: boolean, make: () => Promise<T>): Promise<T> {
    try {
      const known = inMemory ? undefined : await this.#read(key);
      if (known) {
        this.#keep(key, known);
        return known.value as T;
      }
      const value = await make();
      const lines = await linesOf(value);
      const bytes = lines.reduce((sum, { length }) => sum + length, 0);
      this.#keep(key, { value, bytes });
      if (!inMemory && bytes <= resultMaxBytes) {
        this.#writing = this.#writing.then(() => this.#write(key, lines)).catch(() => {});
      }
      return value;
    } finally {
      this.#making.delete(key);
    }
  }

  #keep(key: string, kept: Kept): void {
    if (kept.bytes > memoryMaxBytes / 4) return;
    this.#memory.set(key, kept);
    this.#bytes += kept.bytes;
    for (const [oldest, { bytes }] of this.#memory) {
      if (this.#bytes <= memoryMaxBytes) break;
      this.#memory.delete(oldest);
      this.#bytes -= bytes;
    }
  }

  async #read(key: string): Promise<Kept | undefined> {
    const file = path.join(this.#folder, key);
    try {
      const packed = await readFile(file);
      const plain = await decompress(packed, { maxOutputLength: resultMaxBytes + checksumBytes });
      const [sum, text] = [plain.subarray(0, checksumBytes), plain.subarray(checksumBytes)];
      const pieces: Buffer[] = [];
      for (let at = 0; at < text.length; at += pieceBytes) {
        pieces.push(text.subarray(at, at + pieceBytes));
      }
      if (!(await checksumOf(pieces)).equals(sum)) return undefined;
      const value = await resultOf(text);
      const now = new Date();
      await utimes(file, now, now);
      return { value, bytes: text.length };
    } catch {
      return undefined;
    }
  }

  async #write(key: string, lines: readonly Buffer[]): Promise<void> {
    const packed = await compress(Buffer.concat([await checksumOf(lines), ...lines]));
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const half = path.join(this.#folder, `.${key}`);
    await writeFile(half, packed, { mode: 0o600 });
    await rename(half, path.join(this.#folder, key));
    await this.#makeRoom();
  }

  async #makeRoom(): Promise<void> {
    const names = await readdir(this.#folder);
    const files = await Promise.all(
      names.map(async (name) => {
        const { size, mtimeMs } = await stat(path.join(this.#folder, name));
        return { name, size, mtimeMs };
      }),
    );
    files.sort((a, b) => a.mtimeMs - b.mtimeMs);
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    for (const { name, size } of files) {
      if (bytes <= filesMaxBytes) break;
      await rm(path.join(this.#folder, name), { force: true });
      bytes -= size;
    }
  }
}

async function checksumOf(pieces: readonly Buffer[]): Promise<Buffer> {
  const checksum = createHash('sha256');
  let bytes = 0;
  for (const piece of pieces) {
    checksum.update(piece);
    bytes += piece.length;
    if (bytes < pieceBytes) continue;
    await turn();
    bytes = 0;
  }
  return checksum.digest();
}
