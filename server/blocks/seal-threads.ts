/**
 * Sealing and opening in threads, beside those of the store, so that it holds no event loop. They
 * are started when there is work, and end when there has been none for a while. What is opened goes
 * before what is sealed: a guest waits for it.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BlockCorruptError, blockSizeBytes, type Digest } from './block-store.ts';
import type { SealAnswer, SealJob } from './seal-worker.ts';
import { type SealKey, WrongSealError } from './sealed-block.ts';
import type { Sealing } from './sealed-blocks.ts';

export interface SealThreadsOptions {
  threads?: number;
  idleMs?: number;
  /** Gives way to others for the processor: for captures, not for what a guest waits for. */
  background?: boolean;
}

const threadsAtLeast = 2;
const defaultIdleMs = 20_000;
/** One that runs and one behind it, so that no thread waits for the event loop. */
const jobsPerThread = 2;
const roomsPerThread = 3;

interface Waiting extends PromiseWithResolvers<Buffer> {
  job: SealJob;
}

interface Thread {
  worker: Worker;
  /** In the order in which they are done. */
  jobs: Waiting[];
}

export class SealThreads implements Sealing {
  readonly #most: number;
  readonly #idleMs: number;
  readonly #background: boolean;
  readonly #threads = new Set<Thread>();
  readonly #opening: Waiting[] = [];
  readonly #sealing: Waiting[] = [];
  /** Buffers that are used again: new ones cost their pages anew. */
  readonly #rooms: Uint8Array<ArrayBuffer>[] = [];
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ threads, idleMs = defaultIdleMs, background = false }: SealThreadsOptions = {}) {
    this.#most = threads ?? Math.max(threadsAtLeast, availableParallelism());
    this.#idleMs = idleMs;
    this.#background = background;
  }

  get threads(): number {
    return this.#threads.size;
  }

  seal(plain: Buffer, key: SealKey, { given }: { given?: boolean } = {}): Promise<Buffer> {
    const bytes = given ? ownBytes(plain) : this.#copy(plain);
    return this.#run({ kind: 'seal', digest: '', bytes, key });
  }

  room(): Buffer {
    const used = this.#rooms.pop();
    return used ? Buffer.from(used.buffer) : Buffer.allocUnsafeSlow(blockSizeBytes);
  }

  #copy(plain: Buffer): Uint8Array<ArrayBuffer> {
    const used = plain.length === blockSizeBytes ? this.#rooms.pop() : undefined;
    if (!used) return new Uint8Array(plain);
    used.set(plain);
    return used;
  }

  open(digest: Digest, sealed: Buffer, key: SealKey): Promise<Buffer> {
    return this.#run({ kind: 'open', digest, bytes: ownBytes(sealed), key });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #run(job: SealJob): Promise<Buffer> {
    if (this.#closed) return Promise.reject(new Error('sealing has ended'));
    const waiting: Waiting = { job, ...Promise.withResolvers<Buffer>() };
    (job.kind === 'open' ? this.#opening : this.#sealing).push(waiting);
    this.#dispatch();
    return waiting.promise;
  }

  #dispatch(): void {
    while (this.#opening.length + this.#sealing.length > 0) {
      const thread = this.#freeThread();
      if (!thread) return;
      const next = this.#opening.shift() ?? (this.#sealing.shift() as Waiting);
      thread.jobs.push(next);
      thread.worker.ref();
      thread.worker.postMessage(next.job, [next.job.bytes.buffer]);
    }
  }

  /** The one with the least to do; a further one where all have something. */
  #freeThread(): Thread | undefined {
    const [least] = [...this.#threads].sort((a, b) => a.jobs.length - b.jobs.length);
    if (least?.jobs.length === 0) return least;
    if (this.#threads.size < this.#most) return this.#startThread();
    return least && least.jobs.length < jobsPerThread ? least : undefined;
  }

  #startThread(): Thread {
    clearTimeout(this.#idle);
    const worker = new Worker(new URL('./seal-worker.ts', import.meta.url), {
      execArgv: [],
      workerData: { background: this.#background },
    });
    const thread: Thread = { worker, jobs: [] };
    this.#threads.add(thread);
    worker.on('message', (answer: SealAnswer) => this.#answered(thread, answer));
    worker.once('error', (error) => this.#ended(thread, error));
    worker.once('exit', () => this.#ended(thread, new Error('a thread for seals has ended')));
    return thread;
  }

  #answered(thread: Thread, answer: SealAnswer): void {
    const done = thread.jobs.shift();
    if (!done) return;
    if ('bytes' in answer) {
      const { buffer, byteOffset, length } = answer.bytes;
      if (answer.plain) this.#keepRoom(answer.plain);
      done.resolve(Buffer.from(buffer, byteOffset, length));
    } else done.reject(failureOf(answer, done.job.digest));
    this.#dispatch();
    if (thread.jobs.length === 0) this.#rest(thread);
  }

  #keepRoom(room: Uint8Array<ArrayBuffer>): void {
    if (room.buffer.byteLength !== blockSizeBytes) return;
    if (this.#rooms.length < this.#most * roomsPerThread) this.#rooms.push(room);
  }

  /** A thread without work keeps no process alive, and ends after a while. */
  #rest(thread: Thread): void {
    thread.worker.unref();
    if ([...this.#threads].some(({ jobs }) => jobs.length > 0)) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#endIdle(), this.#idleMs).unref();
  }

  async #endIdle(): Promise<void> {
    const idle = [...this.#threads].filter(({ jobs }) => jobs.length === 0);
    for (const thread of idle) this.#threads.delete(thread);
    await Promise.all(idle.map(({ worker }) => worker.terminate()));
  }

  /** What it had to do went with it: the bytes were its own. */
  #ended(thread: Thread, error: Error): void {
    this.#threads.delete(thread);
    for (const { reject } of thread.jobs.splice(0)) reject(error);
    if (this.#closed) {
      const rest = [...this.#opening.splice(0), ...this.#sealing.splice(0)];
      for (const { reject } of rest) reject(error);
    } else this.#dispatch();
  }
}

/** Without a copy, where nobody else has a part of the memory. */
function ownBytes(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  const own = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return own ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}

function failureOf(answer: Extract<SealAnswer, { failure: string }>, digest: Digest): Error {
  if (answer.failure === 'wrong-seal') return new WrongSealError(digest);
  if (answer.failure === 'corrupt') return new BlockCorruptError(digest, answer.message);
  return new Error(answer.message);
}
