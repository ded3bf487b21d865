/**
 * Sealing and opening in threads, beside those of the store, so that it holds no event loop. What
 * is opened goes before what is sealed: a guest waits for it.
 */
import { BlockCorruptError, type Digest, WrongDigestError } from './block-store.ts';
import { JobThreads, type JobThreadsOptions, ownBytes } from './job-threads.ts';
import type { SealAnswer, SealJob } from './seal-worker.ts';
import { type SealKey, WrongSealError } from './sealed-block.ts';
import type { Sealing, SealOptions } from './sealed-blocks.ts';

const kind = {
  worker: new URL('./seal-worker.ts', import.meta.url),
  threadEnded: 'a thread for seals has ended',
  closed: 'sealing has ended',
};

export class SealThreads implements Sealing {
  readonly #threads: JobThreads<SealJob, SealAnswer>;

  constructor(options: JobThreadsOptions = {}) {
    this.#threads = new JobThreads(kind, options);
  }

  get threads(): number {
    return this.#threads.threads;
  }

  seal(plain: Buffer, key: SealKey, { given = false, digest }: SealOptions = {}): Promise<Buffer> {
    const bytes = this.#threads.bytesOf(plain, given);
    return this.#run({ kind: 'seal', digest, bytes, key });
  }

  room(): Buffer {
    return this.#threads.room();
  }

  open(digest: Digest, sealed: Buffer, key: SealKey, room?: Buffer): Promise<Buffer> {
    return this.#run({ kind: 'open', digest, bytes: ownBytes(sealed), key, room }, room);
  }

  close(): Promise<void> {
    return this.#threads.close();
  }

  async #run(job: SealJob, room?: Buffer): Promise<Buffer> {
    const order = { urgent: job.kind === 'open', transferred: [job.bytes.buffer] };
    const answer = await this.#threads.run(job, order);
    if ('length' in answer && room) return room.subarray(0, answer.length);
    if ('failure' in answer) throw failureOf(answer, job.digest ?? '');
    if (!('bytes' in answer)) throw new Error('a thread answered something else');
    const { buffer, byteOffset, length } = answer.bytes;
    if (answer.plain) this.#threads.keepRoom(answer.plain);
    return Buffer.from(buffer, byteOffset, length);
  }
}

function failureOf(answer: Extract<SealAnswer, { failure: string }>, digest: Digest): Error {
  if (answer.failure === 'wrong-seal') return new WrongSealError(digest);
  if (answer.failure === 'wrong-digest') return new WrongDigestError();
  if (answer.failure === 'corrupt') return new BlockCorruptError(digest, answer.message);
  return new Error(answer.message);
}
