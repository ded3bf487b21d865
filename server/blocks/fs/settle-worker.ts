/**
 * A thread that makes names and bytes of files durable: see `settle` in block-work.ts. Jobs come
 * several at a time, and each is answered: nothing, or why it failed.
 */
import { closeSync, constants as flags, fsyncSync, openSync, renameSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import type { Settling } from './block-work.ts';

export interface SettleFailure {
  message: string;
  code?: string;
}

function settle({ sync, rename, syncFolder }: Settling): void {
  if (sync !== undefined) syncAt(sync, flags.O_RDONLY | flags.O_NOFOLLOW);
  if (rename) renameSync(rename.from, rename.to);
  if (syncFolder !== undefined) syncAt(syncFolder, flags.O_RDONLY | flags.O_DIRECTORY);
}

function syncAt(path: string, mode: number): void {
  const handle = openSync(path, mode);
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function answerTo(job: Settling): SettleFailure | undefined {
  try {
    settle(job);
    return undefined;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    return { message, code };
  }
}

// Of this thread alone: Linux has priorities by thread.
if (workerData.background) setPriority(constants.priority.PRIORITY_LOW);

parentPort?.on('message', (jobs: Settling[]) => parentPort?.postMessage(jobs.map(answerTo)));
