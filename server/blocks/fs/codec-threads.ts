/**
 * The codec in threads, so that captures, and reads in the data plane, do not hold the event loop.
 * A few threads, shared by all who use the store; started when there is work, ended when there has
 * been none for a while. Reads go before writes, since a guest waits for them. While no thread is
 * up, the first read is done here: a guest does not wait for a thread to start.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BlockCorruptError, type Digest } from '../block-store.ts';
import type { BlockCodec, HashedBlock } from './block-codec.ts';
import { decodeBlock } from './block-file.ts';
import type { Answer, Job, JobResult } from './codec-worker.ts';

export interface CodecThreadsOptions {
  threads?: number;
  idleMs?: number;
  /** Gives way to others for the processor: for captures, not for what a guest waits for. */
  background?: boolean;
}

/** More would take the processor from guests without ending a capture much sooner. */
const threadsAtMost = 4;
const threadsAtLeast = 2;
/** Longer than the pauses within a capture; a thread that waits costs memory. */
const defaultIdleMs = 20_000;
/** One that runs and one behind it, so that no thread waits for the event loop. */
const jobsPerThread = 2;

interface Waiting extends PromiseWithResolvers<JobResult> {
  job: Job;
}

interface Thread {
  worker: Worker;
  ready: boolean;
  /** In the order in which they are done. */
  jobs: Waiting[];
}

export class CodecThreads implements BlockCodec {
  readonly #most: number;
  readonly #idleMs: number;
  readonly #background: boolean;
  readonly #threads = new Set<Thread>();
  readonly #reads: Waiting[] = [];
  readonly #writes: Waiting[] = [];
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ threads, idleMs = defaultIdleMs, background = false }: CodecThreadsOptions = {}) {
    const processors = availableParallelism();
    this.#most = threads ?? Math.min(threadsAtMost, Math.max(threadsAtLeast, processors));
    this.#idleMs = idleMs;
    this.#background = background;
  }

  get threads(): number {
    return this.#threads.size;
  }

  async hash(plain: Buffer): Promise<HashedBlock> {
    const { digest = '', bytes } = await this.#run({ kind: 'hash', bytes: new Uint8Array(plain) });
    const encode = async () => bufferOf(await this.#run({ kind: 'encode', bytes }));
    return { digest, encode };
  }

  async decode(digest: Digest, file: Buffer): Promise<Buffer> {
    const noneIsUp = [...this.#threads].every(({ ready }) => !ready);
    if (noneIsUp && this.#reads.length === 0) {
      this.#startThread();
      return decodeBlock(digest, file);
    }
    const { buffer, byteOffset, length } = file;
    const own = buffer instanceof ArrayBuffer && buffer.byteLength === length;
    const bytes = own ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(file);
    return bufferOf(await this.#run({ kind: 'decode', bytes, digest }));
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #run(job: Job): Promise<JobResult> {
    if (this.#closed) return Promise.reject(new Error('the block store is closed'));
    const waiting: Waiting = { job, ...Promise.withResolvers<JobResult>() };
    (job.kind === 'decode' ? this.#reads : this.#writes).push(waiting);
    this.#dispatch();
    return waiting.promise;
  }

  #dispatch(): void {
    while (this.#reads.length + this.#writes.length > 0) {
      const thread = this.#freeThread();
      if (!thread) return;
      const next = this.#reads.shift() ?? (this.#writes.shift() as Waiting);
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
    const [starting] = [...this.#threads].filter(({ ready }) => !ready);
    if (starting && starting.jobs.length === 0) return starting;
    const worker = new Worker(new URL('./codec-worker.ts', import.meta.url), {
      execArgv: [],
      workerData: { background: this.#background },
    });
    const thread: Thread = { worker, ready: false, jobs: [] };
    this.#threads.add(thread);
    worker.once('online', () => {
      thread.ready = true;
      this.#rest(thread);
    });
    worker.on('message', (answer: Answer) => this.#answered(thread, answer));
    worker.once('error', (error) => this.#ended(thread, error));
    worker.once('exit', () => this.#ended(thread, new Error('the thread for blocks has ended')));
    return thread;
  }

  #answered(thread: Thread, answer: Answer): void {
    const done = thread.jobs.shift();
    if (!done) return;
    if ('result' in answer) done.resolve(answer.result);
    else {
      const digest = done.job.kind === 'decode' ? done.job.digest : '';
      done.reject(new BlockCorruptError(digest, answer.corrupt));
    }
    this.#dispatch();
    this.#rest(thread);
  }

  /** A thread without work keeps no process alive, and ends after a while. */
  #rest(thread: Thread): void {
    if (thread.jobs.length === 0) thread.worker.unref();
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
      for (const { reject } of [...this.#reads.splice(0), ...this.#writes.splice(0)]) reject(error);
    } else this.#dispatch();
  }
}

function bufferOf({ bytes }: JobResult): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
