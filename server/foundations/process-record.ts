/**
 * A process on record, so that it can be found again after Imago died: a pid alone may by then be
 * somebody else's, so a record is believed only if the kernel agrees about the boot of the host and
 * the start of the process. Linux only.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRegularFile } from './regular-file.ts';

export interface ProcessRecord {
  pid: number;
  /** Clock ticks from boot to the start of the process, from /proc. */
  startTicks: string;
  /** Absent in records of older Imagos. */
  bootId?: string;
}

const recordMaxBytes = 4096;
const gonePollMs = 10;

/** Undefined when there is no such process any more. */
export function recordOf(pid: number): ProcessRecord | undefined {
  const startTicks = startTicksOf(pid);
  return startTicks === undefined ? undefined : { pid, startTicks, bootId: bootId() };
}

/** Whether the kernel here can know of it. */
export function isOfThisBoot({ bootId: boot }: ProcessRecord): boolean {
  return boot === bootId();
}

export function isRunning({ pid, startTicks, bootId: boot }: ProcessRecord): boolean {
  return (boot === undefined || boot === bootId()) && startTicksOf(pid) === startTicks;
}

/**
 * What the file has on record, whether it still runs or not. Undefined where there is no file, or
 * something else in its place: others may be able to write to its folder, so links are not followed
 * and nothing is waited for.
 */
export function readProcessRecord(file: string): ProcessRecord | undefined {
  try {
    const record = JSON.parse(readRegularFile(file, recordMaxBytes)?.toString() ?? 'null');
    const valid = Number.isSafeInteger(record?.pid) && record.pid > 1;
    return valid && typeof record.startTicks === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

/** One that has ended meanwhile is none the worse for it. */
export function signalProcess({ pid }: ProcessRecord, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resolves with whether it was gone within the limit. */
export async function waitUntilGone(isThere: () => boolean, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isThere()) {
    if (performance.now() >= deadline) return false;
    await sleep(gonePollMs);
  }
  return true;
}

/** The words of its command line; undefined when there is no such process. */
export function commandOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return undefined;
  }
}

/** How long processors have worked for it, all its threads together. */
export function processorMsOf({ pid, startTicks }: ProcessRecord): number | undefined {
  const fields = statOf(pid);
  if (fields?.[19] !== startTicks) return undefined;
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

/** What /proc counts in: USER_HZ, which is 100 on all of Linux's architectures that run QEMU. */
const tickMs = 10;

function startTicksOf(pid: number): string | undefined {
  return statOf(pid)?.[19];
}

/**
 * What follows the name in /proc/PID/stat. Undefined when there is no such process, or only what
 * its parent has not waited for yet.
 */
function statOf(pid: number): string[] | undefined {
  try {
    // The name in brackets may contain anything; the fields after it are numbers but for the state.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields;
  } catch {
    return undefined;
  }
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}
