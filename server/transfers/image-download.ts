/**
 * The file of an image on its way to a client (api/image-file.ts): the other end of a WebSocket, and
 * the sink that a writer of disk files writes to. As much is under way as the client takes.
 */
import { createHash } from 'node:crypto';
import { Duplex } from 'node:stream';
import { imageFile } from '../../api/image-file.ts';
import type { DiskSink } from '../disk-formats/written-disk.ts';

const { kinds, recordMaxBytes } = imageFile;

export class ImageDownload extends Duplex {
  readonly #hash = createHash('sha256');
  readonly #gone = new AbortController();
  /** There while the client does not keep up. */
  #wanted: PromiseWithResolvers<void> | undefined;

  constructor() {
    super();
    this.on('error', () => {});
  }

  /** Aborted when the client has left. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  // A Duplex has a `write` of its own, by which the client's bytes come.
  get sink(): DiskSink {
    return {
      write: async (bytes, position) => {
        for (let at = 0; at < bytes.length; at += recordMaxBytes) {
          const part = bytes.subarray(at, at + recordMaxBytes);
          const head = Buffer.alloc(13);
          head.writeUInt8(kinds.bytes);
          head.writeBigUInt64BE(BigInt(position + at), 1);
          head.writeUInt32BE(part.length, 9);
          // In one: progress may be told in between. The writer may use its buffer again.
          await this.#send(Buffer.concat([head, part]));
        }
      },
      truncate: (sizeBytes) => this.#send(numbers(kinds.length, sizeBytes)),
    };
  }

  tell(doneBytes: number, totalBytes: number): void {
    // In between: nobody waits for it, and it comes with what is sent next.
    void this.#send(numbers(kinds.progress, doneBytes, totalBytes)).catch(() => {});
  }

  async finish(): Promise<void> {
    const digest = this.#hash.digest();
    await this.#push(Buffer.concat([Buffer.from([kinds.end]), digest]));
    this.push(null);
  }

  async fail(message: string): Promise<void> {
    const text = Buffer.from(message);
    const head = Buffer.alloc(5);
    head.writeUInt8(kinds.failed);
    head.writeUInt32BE(text.length, 1);
    await this.#push(Buffer.concat([head, text]));
    this.push(null);
  }

  override _read(): void {
    this.#wanted?.resolve();
    this.#wanted = undefined;
  }

  override _write(_chunk: Buffer, _: string, done: (error?: Error) => void): void {
    done(new Error('nothing was asked of the client'));
  }

  override _final(done: () => void): void {
    done();
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#gone.abort(new Error('the client has left'));
    done(error);
  }

  async #send(bytes: Buffer): Promise<void> {
    this.#hash.update(bytes);
    await this.#push(bytes);
  }

  /** Resolves when there is room for more. */
  async #push(bytes: Buffer): Promise<void> {
    this.signal.throwIfAborted();
    if (this.push(bytes)) return;
    this.#wanted ??= Promise.withResolvers();
    const left = Promise.withResolvers<never>();
    left.promise.catch(() => {});
    const leave = () => left.reject(this.signal.reason);
    this.signal.addEventListener('abort', leave, { once: true });
    await Promise.race([this.#wanted.promise, left.promise]);
    this.signal.removeEventListener('abort', leave);
  }
}

function numbers(kind: number, ...values: number[]): Buffer {
  const bytes = Buffer.alloc(1 + 8 * values.length);
  bytes.writeUInt8(kind);
  for (const [index, value] of values.entries()) {
    bytes.writeBigUInt64BE(BigInt(value), 1 + 8 * index);
  }
  return bytes;
}
