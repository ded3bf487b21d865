/**
 * The body of a request as it comes: whole, as a stream, or into a buffer; never more than its
 * limit, and never slower than a sender may be. What it refuses it refuses by an error that has a
 * name; the rest of such a body is nobody's, so its connection is not used again.
 */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../api/service-error.ts';
import { discard, type FillsRoom } from '../foundations/room.ts';

/** The sender went away: nobody is there to be answered. */
export class SenderLeftError extends Error {
  override name = 'SenderLeftError';
}

export interface BodyPace {
  /** How long a sender may keep us waiting, all in all. */
  waitMs: number;
  /** And for each byte that has come a little longer: a long body takes its time. */
  bytesPerSecond: number;
}

export class IncomingBody {
  readonly #message: IncomingMessage;
  readonly #pace: BodyPace;

  constructor(message: IncomingMessage, pace: BodyPace) {
    this.#message = message;
    this.#pace = pace;
  }

  async whole(maxBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.stream(maxBytes)) chunks.push(chunk);
    return chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);
  }

  /** To be read in one of two ways. */
  stream(maxBytes: number): AsyncIterable<Uint8Array> & FillsRoom {
    return {
      [Symbol.asyncIterator]: () => this.#chunks(maxBytes),
      readInto: (room) => this.#readInto(room, maxBytes),
    };
  }

  /** Time that the reader takes is not the sender's. */
  async *#chunks(maxBytes: number): AsyncGenerator<Uint8Array> {
    this.#checkLength(maxBytes);
    // The connection is still needed for the answer, whatever comes of the body.
    const chunks = this.#message.iterator({ destroyOnReturn: false });
    let bytes = 0;
    let waitedMs = 0;
    for (;;) {
      const askedMs = performance.now();
      const next = await this.#within(chunks.next(), this.#allowedMs(bytes) - waitedMs);
      waitedMs += performance.now() - askedMs;
      if (next.done) return;
      bytes += next.value.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield next.value;
    }
  }

  /** A promise and a timer a chunk would cost more than the bytes. */
  async #readInto(room: Buffer, maxBytes: number): Promise<number> {
    this.#checkLength(maxBytes);
    const message = this.#message;
    const end = Promise.withResolvers<void>();
    if (message.destroyed) throw senderLeft();
    const startedMs = performance.now();
    let bytes = 0;
    const take = (chunk: Buffer) => {
      if (bytes + chunk.length <= room.length) room.set(chunk, bytes);
      bytes += chunk.length;
      discard(chunk);
      if (bytes > maxBytes) end.reject(tooLarge(maxBytes));
    };
    const late = () => {
      const leftMs = this.#allowedMs(bytes) - (performance.now() - startedMs);
      if (leftMs <= 0) end.reject(tooSlow());
      else timer = setTimeout(late, leftMs);
    };
    const left = (cause?: unknown) => end.reject(senderLeft(cause));
    let timer = setTimeout(late, this.#allowedMs(0));
    message.on('data', take).once('end', end.resolve).once('close', left).once('error', left);
    try {
      await end.promise;
    } finally {
      clearTimeout(timer);
      message.off('data', take).off('end', end.resolve).off('close', left).off('error', left);
      message.pause();
    }
    return bytes;
  }

  #checkLength(maxBytes: number): void {
    if (Number(this.#message.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  }

  #allowedMs(bytes: number): number {
    return this.#pace.waitMs + (bytes * 1000) / this.#pace.bytesPerSecond;
  }

  async #within<T>(chunk: Promise<T>, timeoutMs: number): Promise<T> {
    const slow = Promise.withResolvers<never>();
    const timer = setTimeout(() => slow.reject(tooSlow()), Math.max(0, timeoutMs));
    try {
      return await Promise.race([chunk, slow.promise]);
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      throw senderLeft(error);
    } finally {
      clearTimeout(timer);
    }
  }
}

function senderLeft(cause?: unknown): SenderLeftError {
  return new SenderLeftError('the sender of a request went away', { cause });
}

function tooLarge(maxBytes: number): ServiceError {
  return new ServiceError(
    'RequestEntityTooLarge',
    `The request body must not be larger than ${maxBytes} bytes.`,
  );
}

/** Of a head or a body. */
export function tooSlow(): ServiceError {
  return new ServiceError('RequestTimeout', 'The request did not arrive in time.');
}
