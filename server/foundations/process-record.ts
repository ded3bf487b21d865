/**
 * A process on record, so that it can be found again after Imago died: a pid alone may by then be
 * somebody else's, so a record is believed only if the kernel agrees about the boot of the host and
 * the start of the process. Linux only.
 */
import { readFileSync } from 'node:fs';
import { readRegularFile } from './regular-file.ts';

export interface ProcessRecord {
  pid: number;
  /** Clock ticks from boot to the start of the process, from /proc. */
  startTicks: string;
  /** Absent in records of older Imagos. */
  bootId?: string;
}

const recordMaxBytes = 4096;

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

/** Undefined when there is no such process, or only what its parent has not waited for yet. */
function startTicksOf(pid: number): string | undefined {
  try {
    // The name in brackets may contain anything; the fields after it are numbers but for the state.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

let knownBootId: string | undefined;

function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return knownBootId;
}
