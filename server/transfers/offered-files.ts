/**
 * Files that clients offer, and the tasks that read them: a task waits for the client, and for it
 * to come again when its connection ends. What a client offers under a task's name is that task's
 * alone; the newest connection counts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type OfferedFileHello, offeredFile } from '../../api/offered-file.ts';
import { checkInside } from '../disk-formats/random-access.ts';
import { OfferEnded, OfferedConnection, OfferUnreadable } from './offered-connection.ts';
import { changed, type SourceFile, SourceRefused } from './source-file.ts';

/** How long a client may be away: it, or this Imago, may have to be started again. */
const usualAwayMs = 10 * 60_000;
/** While nobody is there. */
const lookEveryMs = 1000;

export interface OfferedFileOptions {
  signal: AbortSignal;
  /** Told now and then while the client is awaited. */
  onWaiting?: () => void;
  awayMs?: number;
}

export class OfferedFiles {
  readonly #connections = new Map<string, OfferedConnection>();
  readonly #arrivals = new Map<string, PromiseWithResolvers<void>>();

  /** The other end of a client's connection. */
  offer(key: string): OfferedConnection {
    const connection = new OfferedConnection();
    this.#connections.get(key)?.destroy(new Error('another connection offers the file now'));
    this.#connections.set(key, connection);
    connection.once('close', () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
    });
    this.#arrivals.get(key)?.resolve();
    this.#arrivals.delete(key);
    return connection;
  }

  async open(key: string, options: OfferedFileOptions): Promise<SourceFile> {
    const { sizeBytes, changedMs } = await this.#hello(key, options);
    return new OfferedFile({
      sizeBytes,
      validator: validatorOf({ sizeBytes, changedMs }),
      connection: () => this.#connection(key, options),
      close: () => this.#connections.get(key)?.end(),
    });
  }

  /** By the first connection that lasts so long. */
  async #hello(key: string, options: OfferedFileOptions): Promise<OfferedFileHello> {
    for (;;) {
      const connection = await this.#connection(key, options);
      try {
        return await connection.hello;
      } catch (error) {
        if (error instanceof OfferUnreadable) {
          throw new SourceRefused('The client did not say what it offers.');
        }
        if (!(error instanceof OfferEnded)) throw error;
      }
    }
  }

  /** Throws SourceRefused where none comes in time. */
  async #connection(key: string, options: OfferedFileOptions): Promise<OfferedConnection> {
    const { signal, onWaiting, awayMs = usualAwayMs } = options;
    const until = performance.now() + awayMs;
    for (;;) {
      signal.throwIfAborted();
      const connection = this.#connections.get(key);
      // One that has ended is told to have closed a moment later.
      if (connection?.isOpen) return connection;
      onWaiting?.();
      const left = until - performance.now();
      if (left <= 0) {
        throw new SourceRefused('The client that has the file did not come, or not again.');
      }
      const arrival = this.#arrivals.get(key) ?? Promise.withResolvers<void>();
      this.#arrivals.set(key, arrival);
      const ended = new AbortController();
      const late = delay(Math.min(left, lookEveryMs), undefined, {
        signal: AbortSignal.any([signal, ended.signal]),
      }).catch(() => {});
      await Promise.race([arrival.promise, late]);
      ended.abort();
    }
  }
}

function validatorOf({ sizeBytes, changedMs }: { sizeBytes: number; changedMs: number }): string {
  return `${sizeBytes}:${changedMs}`;
}

interface OfferedFileParts {
  sizeBytes: number;
  validator: string;
  connection(): Promise<OfferedConnection>;
  close(): void;
}

class OfferedFile implements SourceFile {
  readonly sizeBytes: number;
  readonly validator: string;
  readonly #parts: OfferedFileParts;

  constructor(parts: OfferedFileParts) {
    this.sizeBytes = parts.sizeBytes;
    this.validator = parts.validator;
    this.#parts = parts;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    checkInside(this, offset, length);
    const parts: Buffer[] = [];
    for (let at = offset; at < offset + length; at += offeredFile.rangeMaxBytes) {
      const range = Math.min(offeredFile.rangeMaxBytes, offset + length - at);
      parts.push(await this.#readRange(at, range));
    }
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
  }

  async close(): Promise<void> {
    this.#parts.close();
  }

  /** By the connection that there is, or the next one. */
  async #readRange(offset: number, length: number): Promise<Buffer> {
    for (;;) {
      const connection = await this.#parts.connection();
      try {
        if (validatorOf(await connection.hello) !== this.validator) throw changed('The file');
        return await connection.ask({ offset, length });
      } catch (error) {
        if (error instanceof OfferUnreadable) {
          throw new SourceRefused('The client cannot read its file any more.');
        }
        if (!(error instanceof OfferEnded)) throw error;
      }
    }
  }
}
