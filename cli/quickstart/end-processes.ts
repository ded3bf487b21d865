/**
 * Ends the processes of a home: those that it has on record, each checked to be the one that was
 * recorded. Nothing else is touched, whatever its command line says: a shell, sudo or timeout may
 * well name the folder.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Home } from '../../server/foundations/home.ts';
import {
  isRunning,
  type ProcessRecord,
  readProcessRecord,
} from '../../server/foundations/process-record.ts';
import { CommandError } from '../command-error.ts';

/** What is told to end and does not is killed: a clean stop takes well under a second. */
const termGraceMs = 15_000;
/** What is killed and does not end waits for a disk or a mount; nobody can help it. */
const killLimitMs = 15_000;
const pollMs = 20;

export async function endProcesses(home: Home): Promise<void> {
  // Imago first: it would start the others again.
  const others = namesIn(home.runFolder)
    .filter((name) => name.endsWith('.pid'))
    .sort();
  for (const name of ['imago.pid', ...others]) {
    await end(readProcessRecord(path.join(home.runFolder, name)));
  }
  for (const instanceId of namesIn(home.instancesFolder)) {
    const record = readProcessRecord(path.join(home.machineFolder(instanceId), 'machine.json'));
    if (record && isGuest(record, instanceId)) await kill(record);
  }
}

async function end(record: ProcessRecord | undefined): Promise<void> {
  if (!record || !isRunning(record)) return;
  signal(record, 'SIGTERM');
  if (!(await ended(record, termGraceMs))) await kill(record);
}

async function kill(record: ProcessRecord): Promise<void> {
  if (!isRunning(record)) return;
  signal(record, 'SIGKILL');
  if (await ended(record, killLimitMs)) return;
  throw new CommandError(`Process ${record.pid} does not end.`, 'Try again when it has.');
}

async function ended(record: ProcessRecord, limitMs: number): Promise<boolean> {
  const deadline = performance.now() + limitMs;
  while (isRunning(record)) {
    if (performance.now() > deadline) return false;
    await sleep(pollMs);
  }
  return true;
}

function signal({ pid }: ProcessRecord, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPERM') {
      throw new CommandError(`Process ${pid} belongs to another user.`, 'Run this as that user.');
    }
    if (code !== 'ESRCH') throw error;
  }
}

/**
 * A guest's record may lie where a QEMU that was broken out of can write: its command line has the
 * last word.
 */
function isGuest({ pid }: ProcessRecord, instanceId: string): boolean {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(`guest=${instanceId}`);
  } catch {
    return false;
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
