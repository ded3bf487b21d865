/**
 * A block's work in threads, so that captures, and reads in the data plane, do not hold the event
 * loop. As many as the host has processors, shared by all who use the store; started when there is
 * work, ended when there has been none for a while. Reads go before writes, since a guest waits
 * for them. While no thread is up, the first read is done here: a guest does not wait for a thread
 * to start.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { nodeFiles } from '../../files/node/node-files.ts';
import { BlockCorruptError, blockSizeBytes } from '../block-store.ts';
import {
  type BlockWork,
  InlineBlockWork,
  type ReadOrder,
  type WriteOrder,
  type WrittenBlock,
} from './block-work.ts';
import type { Answer, Bytes, Failure, Job, JobResult } from './block-worker.ts';

export interface BlockThreadsOptions {
  threads?: number;
  idleMs?: number;
  /** Gives way to others for the processor: for captures, not for what a guest waits for. */
  background?: boolean;
}

/** One thread would let a long write hold up every read. */
const threadsAtLeast = 2;
/** Longer than the pauses within a capture; a thread that waits costs memory. */
const defaultIdleMs = 20_000;
/** One that runs and one behind it, so that no thread waits for the event loop. */
const jobsPerThread = 2;
/** Buffers that are used again, for each thread: new ones cost their pages anew. */
const buffersPerThread = 3;

interface Waiting extends PromiseWithResolvers<JobResult> {
  job: Job;
}

interface Thread {
  worker: Worker;
  ready: boolean;
  /** In the order in which they are done. */
  jobs: Waiting[];
}

export class BlockThreads implements BlockWork {
  readonly #most: number;
  readonly #idleMs: number;
  readonly #background: boolean;
  readonly #threads = new Set<Thread>();
  readonly #reads: Waiting[] = [];
  readonly #writes: Waiting[] = [];
  readonly #buffers: Bytes[] = [];
  readonly #here = new InlineBlockWork(nodeFiles);
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor({ threads, idleMs = defaultIdleMs, background = false }: BlockThreadsOptions = {}) {
    this.#most = threads ?? Math.max(threadsAtLeast, availableParallelism());
    this.#idleMs = idleMs;
    this.#background = background;
  }

  get threads(): number {
    return this.#threads.size;
  }

  async write(order: WriteOrder): Promise<WrittenBlock> {
    const plain = order.given ? ownBytes(order.plain) : this.#copy(order.plain);
    const result = await this.#run({ ...order, kind: 'write', plain });
    if (!('written' in result)) throw new Error('a thread answered something else');
    const room = this.#most * buffersPerThread - this.#buffers.length;
    if (room > 0 && result.plain.buffer.byteLength === blockSizeBytes) {
      this.#buffers.push(result.plain);
    }
    return result.written;
  }

  room(): Buffer {
    const used = this.#buffers.pop();
    return used ? Buffer.from(used.buffer) : Buffer.allocUnsafeSlow(blockSizeBytes);
  }

  async read(order: ReadOrder): Promise<Buffer | undefined> {
    const noneIsUp = [...this.#threads].every(({ ready }) => !ready);
    if (noneIsUp && this.#reads.length === 0 && !this.#closed) {
      this.#startThread();
      return this.#here.read(order);
    }
    const result = await this.#run({ ...order, kind: 'read' });
    if (!('read' in result)) throw new Error('a thread answered something else');
    const { read } = result;
    return read && Buffer.from(read.buffer, read.byteOffset, read.length);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #copy(plain: Buffer): Bytes {
    const used = plain.length === blockSizeBytes ? this.#buffers.pop() : undefined;
    if (!used) return new Uint8Array(plain);
    used.set(plain);
    return used;
  }

  #run(job: Job): Promise<JobResult> {
    if (this.#closed) return Promise.reject(new Error('the block store is closed'));
    const waiting: Waiting = { job, ...Promise.withResolvers<JobResult>() };
    (job.kind === 'read' ? this.#reads : this.#writes).push(waiting);
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
      const { job } = next;
      thread.worker.postMessage(job, job.kind === 'write' ? [job.plain.buffer] : []);
    }
  }

  /** The one with the least to do; a further one where all have something. */
  #freeThread(): Thread | undefined {
    let least: Thread | undefined;
    for (const thread of this.#threads) {
      if (!least || thread.jobs.length < least.jobs.length) least = thread;
    }
    if (least?.jobs.length === 0) return least;
    if (this.#threads.size < this.#most) return this.#startThread();
    return least && least.jobs.length < jobsPerThread ? least : undefined;
  }

  #startThread(): Thread {
    clearTimeout(this.#idle);
    const [starting] = [...this.#threads].filter(({ ready }) => !ready);
    if (starting && starting.jobs.length === 0) return starting;
    const worker = new Worker(new URL('./block-worker.ts', import.meta.url), {
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
    else done.reject(errorOf(answer.failure));
    this.#dispatch();
    this.#rest(thread);
  }

  /** A thread without work keeps no process alive, and ends after a while. */
  #rest(thread: Thread): void {
    if (thread.jobs.length > 0) return;
    thread.worker.unref();
    for (const { jobs } of this.#threads) if (jobs.length > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#endIdle(), this.#idleMs).unref();
  }

  async #endIdle(): Promise<void> {
    const idle = [...this.#threads].filter(({ jobs }) => jobs.length === 0);
    for (const thread of idle) this.#threads.delete(thread);
    this.#buffers.length = 0;
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

/** Nobody else has a view of them; otherwise a copy. */
function ownBytes(plain: Buffer): Bytes {
  const { buffer, byteOffset, length } = plain;
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return alone ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(plain);
}

function errorOf({ kind, digest, message, code }: Failure): Error {
  if (kind === 'corrupt') return new BlockCorruptError(digest, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
