/** A thread of seal-threads.ts: one job after the other; bytes come and go by transfer. */
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { type Digest, WrongDigestError } from './block-store.ts';
import { openBlock, type SealKey, sealBlock, WrongSealError } from './sealed-block.ts';

export interface SealJob {
  kind: 'seal' | 'open';
  /** Of what is opened; of what is sealed, where somebody has it. */
  digest?: Digest;
  bytes: Uint8Array<ArrayBuffer>;
  key: SealKey;
  /** In memory that threads share: where what is opened is put. */
  room?: Uint8Array;
}

/** Errors lose their class on the way. */
export type SealAnswer =
  /** With what was sealed, to be used again. */
  | { bytes: Uint8Array<ArrayBuffer>; plain?: Uint8Array<ArrayBuffer> }
  | { length: number }
  | { failure: 'wrong-seal' | 'wrong-digest' | 'corrupt' | 'other'; message: string };

function answerTo({ kind, digest, bytes, key, room }: SealJob): SealAnswer {
  const { buffer, byteOffset, length } = bytes;
  const input = Buffer.from(buffer, byteOffset, length);
  try {
    if (kind === 'seal') return { bytes: alone(sealBlock(input, key, digest)), plain: bytes };
    const opened = alone(openBlock(digest ?? '', input, key));
    if (!room || opened.length > room.length) return { bytes: opened };
    const answer = { length: opened.length };
    room.set(opened);
    // At once, and not when somebody collects what is left: it comes by the gigabyte.
    for (const done of [opened, bytes]) done.buffer.transfer(0);
    return answer;
  } catch (error) {
    if (error instanceof WrongSealError) return { failure: 'wrong-seal', message: '' };
    if (error instanceof WrongDigestError) return { failure: 'wrong-digest', message: '' };
    const { detail } = error as { detail?: string };
    if (detail !== undefined) return { failure: 'corrupt', message: detail };
    return { failure: 'other', message: (error as Error).message };
  }
}

/** Small buffers of Node share their memory with others, which a transfer would take along. */
function alone(bytes: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = bytes;
  const own = buffer instanceof ArrayBuffer && buffer.byteLength <= length + 1;
  return own ? new Uint8Array(buffer, byteOffset, length) : new Uint8Array(bytes);
}

// Of this thread alone: Linux has priorities by thread.
if (workerData.background) setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', (jobs: SealJob[]) => {
  const answers = jobs.map(answerTo);
  const given = answers.flatMap((answer) => {
    if (!('bytes' in answer)) return [];
    return answer.plain ? [answer.bytes.buffer, answer.plain.buffer] : [answer.bytes.buffer];
  });
  parentPort?.postMessage(answers, given);
});
