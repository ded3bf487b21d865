/**
 * Ends the processes of a home: those that it has on record, each checked to be the one that was
 * recorded. Nothing else is touched, whatever its command line says: a shell, sudo or timeout may
 * well name the folder.
 */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Home } from '../../server/foundations/home.ts';
import {
  commandOf,
  isRunning,
  type ProcessRecord,
  readProcessRecord,
  signalProcess,
  waitUntilGone,
} from '../../server/foundations/process-record.ts';
import { CommandError } from '../command-error.ts';

/** What is told to end and does not is killed: a clean stop takes well under a second. */
const termGraceMs = 15_000;
/** What is killed and does not end waits for a disk or a mount; nobody can help it. */
const killLimitMs = 15_000;

export async function endProcesses(home: Home): Promise<void> {
  // Imago first: it would start the others again.
  const others = namesIn(home.runFolder)
    .filter((name) => name.endsWith('.pid'))
    .sort();
  for (const name of ['imago.pid', ...others]) {
    await endProcess(readProcessRecord(path.join(home.runFolder, name)));
  }
  for (const instanceId of namesIn(home.instancesFolder)) {
    const record = readProcessRecord(path.join(home.machineFolder(instanceId), 'machine.json'));
    if (record && isGuest(record, instanceId)) await kill(record);
  }
}

/** Told to end, and killed where it does not. */
export async function endProcess(record: ProcessRecord | undefined): Promise<void> {
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

function ended(record: ProcessRecord, limitMs: number): Promise<boolean> {
  return waitUntilGone(() => isRunning(record), limitMs);
}

function signal(record: ProcessRecord, name: NodeJS.Signals): void {
  try {
    signalProcess(record, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
    throw new CommandError(
      `Process ${record.pid} belongs to another user.`,
      'Run this as that user.',
    );
  }
}

/**
 * A guest's record may lie where a QEMU that was broken out of can write: its command line has the
 * last word.
 */
function isGuest({ pid }: ProcessRecord, instanceId: string): boolean {
  return commandOf(pid)?.includes(`guest=${instanceId}`) === true;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
