/**
 * A block's work in threads, so that captures, and reads in the data plane, do not hold the event
 * loop. Reads go before writes, since a guest waits for them. While no thread is up, the first read
 * is done here: a guest does not wait for a thread to start.
 */
import { availableParallelism } from 'node:os';
import { nodeFiles } from '../../files/node/node-files.ts';
import { BlockCorruptError } from '../block-store.ts';
import { JobThreads, type JobThreadsOptions } from '../job-threads.ts';
import {
  type BlockWork,
  type FileInFolder,
  InlineBlockWork,
  type PlaceOrder,
  type ReadOrder,
  type Settling,
  type WriteOrder,
  type WrittenBlock,
} from './block-work.ts';
import type { Answer, Failure, Job, JobResult } from './block-worker.ts';
import type { SettleFailure } from './settle-worker.ts';

const kind = {
  worker: new URL('./block-worker.ts', import.meta.url),
  threadEnded: 'the thread for blocks has ended',
  closed: 'the block store is closed',
};
const settleKind = { ...kind, worker: new URL('./settle-worker.ts', import.meta.url) };
/**
 * Of a store that is written to: as what is written goes to the disk at once, some of them wait for
 * it while others have the processors.
 */
export const writingThreads = 2 * availableParallelism();
/** More only get into each other's way in the file system's journal. */
const settleThreads = 3;

export class BlockThreads implements BlockWork {
  readonly #threads: JobThreads<Job, Answer>;
  /** Of their own: they wait for the disk, while others have something to do. */
  readonly #settling: JobThreads<Settling, SettleFailure | undefined>;
  readonly #here = new InlineBlockWork(nodeFiles);

  constructor(options: JobThreadsOptions = {}) {
    this.#threads = new JobThreads(kind, options);
    this.#settling = new JobThreads(settleKind, { ...options, threads: settleThreads });
  }

  get threads(): number {
    return this.#threads.threads;
  }

  async write(order: WriteOrder): Promise<WrittenBlock> {
    const plain = this.#threads.bytesOf(order.plain, order.given ?? false);
    const job: Job = { ...order, kind: 'write', plain };
    const transferred = [plain.buffer];
    const result = resultOf(await this.#threads.run(job, { urgent: false, transferred }));
    if (!('written' in result)) throw new Error('a thread answered something else');
    this.#threads.keepRoom(result.plain);
    return result.written;
  }

  async writeFrom(order: PlaceOrder): Promise<WrittenBlock | undefined> {
    const job: Job = { ...order, kind: 'write-from' };
    const result = resultOf(await this.#threads.run(job, { urgent: false }));
    if (!('writtenFrom' in result)) throw new Error('a thread answered something else');
    return result.writtenFrom;
  }

  async settle(step: Settling): Promise<void> {
    const failure = await this.#settling.run(step, { urgent: false });
    if (failure) throw errorOf({ ...failure, kind: 'other', digest: '' });
  }

  room(): Buffer {
    return this.#threads.room();
  }

  async read(order: ReadOrder): Promise<Buffer | undefined> {
    if (this.#threads.startFirst()) return this.#here.read(order);
    const { shared } = order;
    const room = shared ? undefined : this.#threads.usedRoom();
    const job: Job = { ...order, kind: 'read', room };
    const transferred = room ? [room.buffer] : [];
    const result = resultOf(await this.#threads.run(job, { urgent: true, transferred }));
    if ('length' in result && shared) return shared.subarray(0, result.length);
    if (!('read' in result)) throw new Error('a thread answered something else');
    const { read } = result;
    return read && Buffer.from(read.buffer, read.byteOffset, read.length);
  }

  async list(folder: string): Promise<FileInFolder[]> {
    const result = resultOf(await this.#threads.run({ kind: 'list', folder }, { urgent: false }));
    if (!('listed' in result)) throw new Error('a thread answered something else');
    return result.listed;
  }

  reuse(block: Buffer): void {
    const { buffer, byteLength } = block;
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) {
      this.#threads.keepRoom(new Uint8Array(buffer));
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#threads.close(), this.#settling.close()]);
  }
}

function resultOf(answer: Answer): JobResult {
  if ('result' in answer) return answer.result;
  throw errorOf(answer.failure);
}

function errorOf({ kind, digest, message, code }: Failure): Error {
  if (kind === 'corrupt') return new BlockCorruptError(digest, message);
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}
