/**
 * Who reads the layers of a volume for long, or takes them away, does so under the lock of its
 * uploads, and when what is before it has come to its end.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { uploadsLock } from '../driver/locks.ts';
import type { TaskServices } from './task.ts';

/** Only where captures of one volume overlap. */
const turnPollMs = 250;

/** `work` answers undefined while others come first: it is run again a little later. */
export async function inUploadTurn<T>(
  { locks }: TaskServices,
  volumeId: string,
  signal: AbortSignal,
  work: () => Promise<T | undefined>,
): Promise<T> {
  for (;;) {
    const done = await locks.hold(uploadsLock(volumeId), work);
    if (done !== undefined) return done;
    await delay(turnPollMs, undefined, { signal });
  }
}
