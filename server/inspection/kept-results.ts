/**
 * What was found out about images, by the digests of their disks: the same bytes are read once,
 * whoever asks. In memory and in files, both bounded, those that were used last. It is a cache: what
 * is missing or torn is made again, and nothing waits for it.
 */
import { createHash, hash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';

const [compress, decompress] = [promisify(zstdCompress), promisify(zstdDecompress)];

/** As texts, which are what they take at least. */
const memoryMaxChars = 16 * 1024 ** 2;
const filesMaxBytes = 256 * 1024 ** 2;
/** Of one file; what is larger is made again. */
const resultMaxBytes = 64 * 1024 ** 2;
const checksumBytes = 32;

interface Kept {
  value: unknown;
  chars: number;
}

export class KeptResults {
  readonly #folder: string;
  /** The one that was used last at the end. */
  readonly #memory = new Map<string, Kept>();
  #chars = 0;
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
    const key = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
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
      if (known !== undefined) {
        this.#keep(key, known);
        return JSON.parse(known) as T;
      }
      const value = await make();
      const text = JSON.stringify(value);
      this.#keep(key, text);
      if (!inMemory) {
        this.#writing = this.#writing.then(() => this.#write(key, text)).catch(() => {});
      }
      return value;
    } finally {
      this.#making.delete(key);
    }
  }

  #keep(key: string, text: string): void {
    if (text.length > memoryMaxChars / 4) return;
    this.#memory.set(key, { value: JSON.parse(text), chars: text.length });
    this.#chars += text.length;
    for (const [oldest, { chars }] of this.#memory) {
      if (this.#chars <= memoryMaxChars) break;
      this.#memory.delete(oldest);
      this.#chars -= chars;
    }
  }

  async #read(key: string): Promise<string | undefined> {
    const file = path.join(this.#folder, key);
    try {
      const bytes = await readFile(file);
      const plain = await decompress(bytes, { maxOutputLength: resultMaxBytes + checksumBytes });
      const [sum, text] = [plain.subarray(0, checksumBytes), plain.subarray(checksumBytes)];
      if (hash('sha256', text, 'hex') !== sum.toString('hex')) return undefined;
      const now = new Date();
      await utimes(file, now, now);
      return text.toString();
    } catch {
      return undefined;
    }
  }

  async #write(key: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    if (bytes.length > resultMaxBytes) return;
    const sum = createHash('sha256').update(bytes).digest();
    const packed = await compress(Buffer.concat([sum, bytes]));
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
