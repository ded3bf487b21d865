/**
 * Work that fills the disk ends before the disk is full: at the reserve, which is for what gives
 * room back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { hasDiskRoom } from '../domain/capacity.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import { TaskFailure, type TaskServices } from './task.ts';

/** Between two looks a fast disk takes less than the reserve. */
const lookEveryMs = 250;

export async function whileThereIsRoom<T>(
  services: TaskServices,
  /** Where blocks are written, besides the disk of the home. */
  region: string | undefined,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ended = new AbortController();
  const full = new AbortController();
  // Not waited for at the end: a host that does not answer holds nobody.
  void watch(services, region, AbortSignal.any([signal, ended.signal]), full);
  try {
    return await work(AbortSignal.any([signal, full.signal]));
  } catch (error) {
    throw full.signal.aborted || isDiskFull(error) ? noRoom() : error;
  } finally {
    ended.abort();
  }
}

async function watch(
  { host }: TaskServices,
  region: string | undefined,
  until: AbortSignal,
  full: AbortController,
) {
  while (!until.aborted) {
    const measures = await host.measure().catch(() => undefined);
    if (measures && !hasDiskRoom(measures, region)) return full.abort();
    // Work that never ends is watched for ever, which is no reason for a process to live on.
    await delay(lookEveryMs, undefined, { signal: until, ref: false }).catch(() => {});
  }
}

function noRoom(): TaskFailure {
  const code = 'Server.InsufficientVolumeCapacity';
  return new TaskFailure(
    code,
    `${code}: The disk of the host is full: terminate instances, or deregister images and delete their snapshots.`,
  );
}
