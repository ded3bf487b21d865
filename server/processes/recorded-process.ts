/**
 * A detached process that is found again after this one died: it is on record in a file that only
 * Imago writes.
 */
import { spawn } from 'node:child_process';
import { type FileHandle, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isRunning,
  type ProcessRecord,
  readProcessRecord,
  recordOf,
  signalProcess,
} from '../foundations/process-record.ts';

/** The log is put aside at a start when it is longer, keeping one older part. */
const logMaxBytes = 8 * 1024 * 1024;
/** A process that does not end when told is killed. */
const termGraceMs = 3_000;
const pollMs = 20;

/** Starts in a session of its own, without environment, and keeps no tie but the record. */
export async function spawnRecorded(
  argv: readonly string[],
  { recordFile, logFile }: { recordFile: string; logFile: string },
): Promise<ProcessRecord> {
  const [file = '', ...rest] = argv;
  await using log = await openLog(logFile);
  const child = spawn(file, rest, {
    detached: true,
    stdio: ['ignore', log?.fd ?? 'ignore', log?.fd ?? 'ignore'],
    env: {},
    cwd: '/',
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  child.unref();
  return recordProcess(recordFile, child.pid as number);
}

export async function recordProcess(recordFile: string, pid: number): Promise<ProcessRecord> {
  // A record of one that is gone already matches nothing.
  const record = recordOf(pid) ?? { pid, startTicks: '' };
  await writeFile(`${recordFile}.new`, JSON.stringify(record), { mode: 0o600 });
  await rename(`${recordFile}.new`, recordFile);
  return record;
}

/** The process on record, if it is still that one. */
export function findRecorded(recordFile: string): ProcessRecord | undefined {
  const record = readProcessRecord(recordFile);
  return record && isRunning(record) ? record : undefined;
}

/** Ends the process on record, the hard way if it must be; returns when it is gone. */
export async function endProcess(recordFile: string): Promise<void> {
  const killAtMs = performance.now() + termGraceMs;
  let told = false;
  for (;;) {
    const record = findRecorded(recordFile);
    if (!record) break;
    if (!told) signalProcess(record, 'SIGTERM');
    else if (performance.now() > killAtMs) signalProcess(record, 'SIGKILL');
    told = true;
    await sleep(pollMs);
  }
  await rm(recordFile, { force: true });
}

/** Ends the process on record at once, whatever state it is in. */
export function killRecorded(recordFile: string): void {
  const record = findRecorded(recordFile);
  if (record) signalProcess(record, 'SIGKILL');
}

/**
 * Undefined where there can be none, on a full disk for one: the process is needed more than its
 * log.
 */
async function openLog(logFile: string): Promise<FileHandle | undefined> {
  try {
    await rotate(logFile);
    return await open(logFile, 'a', 0o600);
  } catch {
    return undefined;
  }
}

async function rotate(logFile: string): Promise<void> {
  const size = await stat(logFile).then(
    (stats) => stats.size,
    () => 0,
  );
  if (size > logMaxBytes) await rename(logFile, `${logFile}.1`);
}
