/**
 * One connection on which a client offers a file (api/offered-file.ts): questions go out, answers
 * come back in their order. Whoever sends anything but what it was asked for is cut off. It is the
 * Duplex at the other end of the WebSocket.
 */
import { Duplex } from 'node:stream';
import {
  decodeHello,
  encodeQuestion,
  type OfferedFileHello,
  type OfferedFileQuestion,
  offeredFile,
} from '../../api/offered-file.ts';

/** The client is gone: another connection may go on. */
export class OfferEnded extends Error {
  override name = 'OfferEnded';
}

/** The client cannot read its file, or does not say which it is. */
export class OfferUnreadable extends Error {
  override name = 'OfferUnreadable';
}

interface Asked {
  length: number;
  answer: PromiseWithResolvers<Buffer>;
}

export class OfferedConnection extends Duplex {
  readonly #hello = Promise.withResolvers<OfferedFileHello>();
  readonly #asked: Asked[] = [];
  /** Bytes of the answer under way, and how many of them are there. */
  #answer: Buffer | undefined;
  #filled = 0;
  #head: Buffer = Buffer.alloc(0);
  #isGreeted = false;

  constructor() {
    super();
    this.#hello.promise.catch(() => {});
    // Nobody waits for the end of it but those who asked.
    this.on('error', () => {});
  }

  /** What the client says of its file first. */
  get hello(): Promise<OfferedFileHello> {
    return this.#hello.promise;
  }

  get isOpen(): boolean {
    return !this.destroyed && !this.writableEnded;
  }

  ask(question: OfferedFileQuestion): Promise<Buffer> {
    if (!this.isOpen) return Promise.reject(new OfferEnded('it is closed'));
    const answer = Promise.withResolvers<Buffer>();
    this.#asked.push({ length: question.length, answer });
    this.push(encodeQuestion(question));
    return answer.promise;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: string, done: (error?: Error) => void): void {
    try {
      for (let rest = chunk; rest.length > 0; ) rest = this.#take(rest);
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _final(done: () => void): void {
    done();
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const ended = new OfferEnded(error?.message ?? 'the client has left');
    this.#hello.reject(ended);
    for (const { answer } of this.#asked.splice(0)) answer.reject(ended);
    this.push(null);
    done(null);
  }

  /** What is left of the chunk after as much as belongs together. */
  #take(chunk: Buffer): Buffer {
    if (!this.#isGreeted) return this.#takeHello(chunk);
    const [asked] = this.#asked;
    if (!asked) throw new Error('it sends what it was not asked for');
    if (!this.#answer) return this.#begin(asked, chunk);
    const length = chunk.copy(this.#answer, this.#filled);
    this.#filled += length;
    if (this.#filled === this.#answer.length) this.#end(this.#answer);
    return chunk.subarray(length);
  }

  #takeHello(chunk: Buffer): Buffer {
    const missing = offeredFile.helloBytes - this.#head.length;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, missing)]);
    if (this.#head.length === offeredFile.helloBytes) {
      const hello = decodeHello(this.#head);
      if (!hello) {
        const wrong = new OfferUnreadable('it does not begin as an offer does');
        this.#hello.reject(wrong);
        throw wrong;
      }
      this.#isGreeted = true;
      this.#hello.resolve(hello);
    }
    return chunk.subarray(missing);
  }

  #begin({ length, answer }: Asked, chunk: Buffer): Buffer {
    const { bytes, zeros, unreadable } = offeredFile.answers;
    switch (chunk[0]) {
      case bytes:
        this.#answer = Buffer.allocUnsafe(length);
        this.#filled = 0;
        break;
      case zeros:
        this.#end(Buffer.alloc(length));
        break;
      case unreadable:
        this.#asked.shift();
        answer.reject(new OfferUnreadable('the client cannot read its file any more'));
        break;
      default:
        throw new Error('it answers with what is no answer');
    }
    return chunk.subarray(1);
  }

  #end(bytes: Buffer): void {
    this.#answer = undefined;
    this.#asked.shift()?.answer.resolve(bytes);
  }
}
