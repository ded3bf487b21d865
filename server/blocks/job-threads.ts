/**
 * Threads that do jobs with blocks: as many as the host has processors, shared by all who have
 * some; started when there is work, ended when there has been none for a while. Urgent jobs go
 * before others, since a guest waits for them. Plain bytes come and go by transfer; buffers of
 * whole blocks are used again. What the jobs are is the worker's file and block-threads.ts's,
 * seal-threads.ts's.
 */
import { availableParallelism } from 'node:os';
import { type Transferable, Worker } from 'node:worker_threads';
import { discard } from '../foundations/room.ts';
import { blockSizeBytes } from './block-store.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export interface JobThreadsOptions {
  threads?: number;
  idleMs?: number;
  /** Gives way to others for the processor: for captures, not for what a guest waits for. */
  background?: boolean;
}

export interface JobThreadsKind {
  /** It gets a list of jobs a message, and answers each in turn in one list. */
  worker: URL;
  /** What is told to whose jobs went with a thread, and of jobs after the end. */
  threadEnded: string;
  closed: string;
}

/** One thread would let a long job hold up every urgent one. */
const threadsAtLeast = 2;
/** Longer than the pauses within a capture; a thread that waits costs memory. */
const defaultIdleMs = 20_000;
/** Its heap has next to nothing in it: more room there would only be memory. */
const maxYoungGenerationSizeMb = 4;
/** One that runs and one behind it, so that no thread waits for the event loop. */
const messagesPerThread = 2;
/** Of jobs that are not urgent, where many wait: a message costs as much as a small job. */
const jobsPerMessage = 8;
/** Buffers that are used again, 16 MiB of them: new ones cost their pages anew. */
const roomsMax = 32;

interface Waiting<Job, Answer> extends PromiseWithResolvers<Answer> {
  job: Job;
  transferred: readonly Transferable[];
}

interface Thread<Job, Answer> {
  worker: Worker;
  ready: boolean;
  /** Messages, in the order in which they are answered. */
  sent: Waiting<Job, Answer>[][];
}

export class JobThreads<Job, Answer> {
  readonly #kind: JobThreadsKind;
  readonly #most: number;
  readonly #idleMs: number;
  readonly #background: boolean;
  readonly #threads = new Set<Thread<Job, Answer>>();
  readonly #urgent: Waiting<Job, Answer>[] = [];
  readonly #others: Waiting<Job, Answer>[] = [];
  readonly #rooms: Bytes[] = [];
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    kind: JobThreadsKind,
    { threads, idleMs = defaultIdleMs, background = false }: JobThreadsOptions,
  ) {
    this.#kind = kind;
    this.#most = threads ?? Math.max(threadsAtLeast, availableParallelism());
    this.#idleMs = idleMs;
    this.#background = background;
  }

  get threads(): number {
    return this.#threads.size;
  }

  /** Where no thread is up and nothing urgent waits for one: has one started. */
  startFirst(): boolean {
    const noneIsUp = [...this.#threads].every(({ ready }) => !ready);
    if (!noneIsUp || this.#urgent.length > 0 || this.#closed) return false;
    this.#startThread();
    return true;
  }

  run(
    job: Job,
    { urgent, transferred = [] }: { urgent: boolean; transferred?: readonly Transferable[] },
  ): Promise<Answer> {
    if (this.#closed) return Promise.reject(new Error(this.#kind.closed));
    const waiting = { job, transferred, ...Promise.withResolvers<Answer>() };
    (urgent ? this.#urgent : this.#others).push(waiting);
    this.#dispatch();
    return waiting.promise;
  }

  /** Of a whole block, to be filled. */
  room(): Buffer {
    const used = this.usedRoom();
    return used ? Buffer.from(used.buffer) : Buffer.allocUnsafeSlow(blockSizeBytes);
  }

  /** One that is there already. */
  usedRoom(): Bytes | undefined {
    return this.#rooms.pop();
  }

  /** Bytes that may be transferred: those that are given, or else a copy. */
  bytesOf(plain: Buffer, given: boolean): Bytes {
    if (given) return ownBytes(plain);
    const used = plain.length === blockSizeBytes ? this.#rooms.pop() : undefined;
    if (!used) return new Uint8Array(plain);
    used.set(plain);
    return used;
  }

  /** Nobody needs its bytes any more. */
  keepRoom(room: Bytes): void {
    const isRoom = room.buffer.byteLength === blockSizeBytes;
    if (isRoom && this.#rooms.length < roomsMax) this.#rooms.push(room);
    else discard(room);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #dispatch(): void {
    while (this.#urgent.length + this.#others.length > 0) {
      const thread = this.#freeThread();
      if (!thread) return;
      const next = this.#nextMessage();
      thread.sent.push(next);
      thread.worker.ref();
      const jobs = next.map(({ job }) => job);
      thread.worker.postMessage(
        jobs,
        next.flatMap(({ transferred }) => transferred),
      );
    }
  }

  /** An urgent job alone; of the others so many that every thread has its part of them. */
  #nextMessage(): Waiting<Job, Answer>[] {
    if (this.#urgent.length > 0) return this.#urgent.splice(0, 1);
    const fair = Math.ceil(this.#others.length / (messagesPerThread * this.#most));
    return this.#others.splice(0, Math.min(fair, jobsPerMessage));
  }

  /**
   * The one with the least to do; a further one where all have something, but while that starts,
   * those that are up go on with the jobs.
   */
  #freeThread(): Thread<Job, Answer> | undefined {
    const up = [...this.#threads].filter(({ ready }) => ready);
    let least: Thread<Job, Answer> | undefined;
    for (const thread of up.length > 0 ? up : this.#threads) {
      if (!least || thread.sent.length < least.sent.length) least = thread;
    }
    if (least?.sent.length === 0) return least;
    if (this.#threads.size < this.#most) {
      const started = this.#startThread();
      if (up.length === 0) return started;
    }
    return least && least.sent.length < messagesPerThread ? least : undefined;
  }

  #startThread(): Thread<Job, Answer> {
    clearTimeout(this.#idle);
    const starting = [...this.#threads].find(({ ready }) => !ready);
    if (starting && starting.sent.length === 0) return starting;
    const worker = new Worker(this.#kind.worker, {
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb },
      workerData: { background: this.#background },
    });
    const thread: Thread<Job, Answer> = { worker, ready: false, sent: [] };
    this.#threads.add(thread);
    worker.once('online', () => this.#rest(thread));
    // It is online before it has loaded what it does its jobs with: the answer to none says so.
    worker.postMessage([]);
    worker.once('message', () => {
      thread.ready = true;
      worker.on('message', (answers: Answer[]) => this.#answered(thread, answers));
      this.#dispatch();
    });
    worker.once('error', (error) => this.#ended(thread, error));
    worker.once('exit', () => this.#ended(thread, new Error(this.#kind.threadEnded)));
    return thread;
  }

  #answered(thread: Thread<Job, Answer>, answers: Answer[]): void {
    const done = thread.sent.shift();
    if (!done) return;
    for (const [i, { resolve }] of done.entries()) resolve(answers[i] as Answer);
    this.#dispatch();
    this.#rest(thread);
  }

  /** A thread without work keeps no process alive, and ends after a while. */
  #rest(thread: Thread<Job, Answer>): void {
    if (thread.sent.length > 0) return;
    thread.worker.unref();
    for (const { sent } of this.#threads) if (sent.length > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#endIdle(), this.#idleMs).unref();
  }

  async #endIdle(): Promise<void> {
    const idle = [...this.#threads].filter(({ sent }) => sent.length === 0);
    for (const thread of idle) this.#threads.delete(thread);
    this.#rooms.length = 0;
    await Promise.all(idle.map(({ worker }) => worker.terminate()));
  }

  /** What it had to do went with it: the bytes were its own. */
  #ended(thread: Thread<Job, Answer>, error: Error): void {
    this.#threads.delete(thread);
    for (const { reject } of thread.sent.splice(0).flat()) reject(error);
    if (this.#closed) {
      for (const { reject } of [...this.#urgent.splice(0), ...this.#others.splice(0)])
        reject(error);
    } else this.#dispatch();
  }
}

/** Nobody else has a view of them; otherwise a copy. */
export function ownBytes(bytes: Buffer): Bytes {
  const { buffer, byteOffset, length } = bytes;
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength === length;
  return alone ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}
