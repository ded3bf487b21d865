/**
 * A thread of codec-threads.ts: does one job after the other, each at once. Buffers come and go by
 * transfer, so their bytes are never copied between threads. It opens nothing.
 */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { digestOf } from '../block-store.ts';
import { decodeBlock, encodeBlock } from './block-file.ts';

export type Job =
  | { kind: 'hash'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'encode'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'decode'; bytes: Uint8Array<ArrayBuffer>; digest: string };

export interface JobResult {
  bytes: Uint8Array<ArrayBuffer>;
  digest?: string;
}

/** What came of a job; a failure is told by the words, since errors lose their class on the way. */
export type Answer = { result: JobResult } | { corrupt: string };

function run(job: Job): JobResult {
  const bytes = Buffer.from(job.bytes.buffer, job.bytes.byteOffset, job.bytes.length);
  switch (job.kind) {
    case 'hash':
      return { bytes: job.bytes, digest: digestOf(bytes) };
    case 'encode':
      return { bytes: transferable(encodeBlock(bytes)) };
    case 'decode':
      return { bytes: transferable(decodeBlock(job.digest, bytes)) };
  }
}

/** Small buffers of Node share their memory with others, which a transfer would take along. */
function transferable(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  const alone = buffer instanceof ArrayBuffer && buffer.byteLength <= length + 1;
  return alone ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}

function answerTo(job: Job): Answer {
  try {
    return { result: run(job) };
  } catch (error) {
    return { corrupt: (error as { detail?: string }).detail ?? (error as Error).message };
  }
}

// Of this thread alone: Linux has priorities by thread.
if (workerData.background) setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', (job: Job) => {
  const answer = answerTo(job);
  parentPort?.postMessage(answer, 'result' in answer ? [answer.result.bytes.buffer] : []);
});
