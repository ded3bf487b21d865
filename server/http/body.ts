/**
 * The body of a request as it comes: whole, or as a stream; never more than its limit, and never
 * slower than a sender may be. What it refuses it refuses by an error that has a name; the rest of
 * such a body is nobody's, so its connection is not used again.
 */
import type { IncomingMessage } from 'node:http';
import { ServiceError } from '../../api/service-error.ts';

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

  /** Time that the reader takes is not the sender's. */
  async *stream(maxBytes: number): AsyncGenerator<Uint8Array> {
    const { headers } = this.#message;
    if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes);
    // The connection is still needed for the answer, whatever comes of the body.
    const chunks = this.#message.iterator({ destroyOnReturn: false });
    let bytes = 0;
    let waitedMs = 0;
    for (;;) {
      const askedMs = performance.now();
      const allowedMs = this.#pace.waitMs + (bytes * 1000) / this.#pace.bytesPerSecond;
      const next = await this.#within(chunks.next(), allowedMs - waitedMs);
      waitedMs += performance.now() - askedMs;
      if (next.done) return;
      bytes += next.value.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield next.value;
    }
  }

  async #within<T>(chunk: Promise<T>, timeoutMs: number): Promise<T> {
    const slow = Promise.withResolvers<never>();
    const timer = setTimeout(() => slow.reject(tooSlow()), Math.max(0, timeoutMs));
    try {
      return await Promise.race([chunk, slow.promise]);
    } catch (error) {
      if (error instanceof ServiceError) throw error;
      throw new SenderLeftError('the sender of a request went away', { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }
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
