/**
 * The log of a build for one who reads along: the lines that there are, then those that come, until
 * the build is over (BuildLogLine of api/imago-builds.ts). It reads the file no faster than it is
 * read itself.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { Duplex } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { BuildLogLine } from '../../api/imago-builds.ts';

const chunkBytes = 64 * 1024;
const usualPollMs = 250;
/** Shorter than anything on the way waits before it takes a connection for dead. */
const heartbeatMs = 20_000;

const lineOf = (line: BuildLogLine) => `${JSON.stringify(line)}\n`;

export interface BuildLogSource {
  file: string;
  /** Whether nothing more will come. */
  isOver(): Promise<boolean>;
  pollMs?: number;
}

export class BuildLogStream extends Duplex {
  readonly #source: BuildLogSource;
  readonly #decoder = new StringDecoder('utf8');
  #handle: FileHandle | undefined;
  #position = 0;
  #line = '';
  #toldUpToDate = false;
  #quietMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(source: BuildLogSource) {
    super();
    this.#source = source;
  }

  override _read(): void {
    clearTimeout(this.#timer);
    this.#next().catch((error) => this.destroy(error));
  }

  async #next(): Promise<void> {
    // What was written before it was over is read after it is known to be over.
    const isOver = await this.#source.isOver();
    const text = await this.#more();
    if (this.destroyed) return;
    if (text !== '') {
      this.#quietMs = 0;
      this.push(text);
      return;
    }
    if (isOver) {
      if (this.#line !== '') this.push(lineOf({ text: this.#line }));
      this.push(null);
      return;
    }
    if (!this.#toldUpToDate) {
      this.#toldUpToDate = true;
      this.push(lineOf({ upToDate: true }));
      return;
    }
    const { pollMs = usualPollMs } = this.#source;
    this.#quietMs += pollMs;
    if (this.#quietMs >= heartbeatMs) {
      this.#quietMs = 0;
      this.push(lineOf({}));
      return;
    }
    this.#timer = setTimeout(() => this._read(), pollMs).unref();
  }

  /** The whole lines of the next piece. */
  async #more(): Promise<string> {
    this.#handle ??= await open(this.#source.file).catch(notYet);
    if (!this.#handle) return '';
    const buffer = Buffer.alloc(chunkBytes);
    let told = '';
    while (told === '') {
      const { bytesRead } = await this.#handle.read(buffer, 0, chunkBytes, this.#position);
      if (bytesRead === 0) break;
      this.#position += bytesRead;
      const lines = (this.#line + this.#decoder.write(buffer.subarray(0, bytesRead))).split('\n');
      this.#line = lines.pop() ?? '';
      told = lines.map((text) => lineOf({ text })).join('');
    }
    return told;
  }

  /** What a client says is not listened to. */
  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    clearTimeout(this.#timer);
    const closed = this.#handle?.close() ?? Promise.resolve();
    closed.catch(() => {}).finally(() => done(error));
  }
}

/** A build that has not begun has told nothing. */
function notYet(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
