/**
 * How much of the host's processors a machine gets while others want them too: its nice value, of
 * each of its threads and of its session, since Linux groups processes by sessions (autogroup)
 * where no control group does and then weighs sessions. Nothing is held back on an idle host.
 * Linux only.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../foundations/log.ts';
import type { CpuShare } from '../hypervisor.ts';

/** A third of the weight of one that does not yield; a tenth starves a boot on a busy host. */
const yieldingNice = 5;
const nicestNice = 19;

/** The kernel lets an ordinary user change ten sessions a second, all users together. */
const sessionRetryMs = 100;
const sessionRetries = 600;

/**
 * Answers whether it has the whole share: an ordinary user can take from its processes, and cannot
 * give back to threads what was taken. A process that has ended has what it wants.
 */
export async function setCpuShare(pid: number, share: CpuShare): Promise<boolean> {
  const own = os.getPriority();
  const nice = share === 'full' ? own : Math.min(own + yieldingNice, nicestNice);
  const all = setThreads(pid, nice);
  await setSession(pid, share === 'full' ? 0 : yieldingNice);
  return all;
}

/** Whether Linux groups processes by their sessions here, and weighs those. */
export function weighsSessions(): boolean {
  try {
    return readFileSync('/proc/sys/kernel/sched_autogroup_enabled', 'utf8').trim() === '1';
  } catch {
    return false;
  }
}

/** Threads that begin later are as nice as the one that began them. */
function setThreads(pid: number, nice: number): boolean {
  let all = true;
  for (const thread of threadsOf(pid)) {
    try {
      if (os.getPriority(thread) !== nice) os.setPriority(thread, nice);
    } catch (error) {
      const { code } = (error as { info?: { code?: string } }).info ?? {};
      if (code === 'EACCES' || code === 'EPERM') all = false;
      else if (code !== 'ESRCH') throw error;
    }
  }
  return all;
}

function threadsOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch (error) {
    if (isGone(error)) return [];
    throw error;
  }
}

/** Nothing where the kernel has no groups of sessions. */
async function setSession(pid: number, nice: number): Promise<void> {
  const file = `/proc/${pid}/autogroup`;
  for (let tries = 0; tries < sessionRetries; tries++) {
    try {
      const [, now] = / nice (-?\d+)/.exec(readFileSync(file, 'utf8')) ?? [];
      if (now === undefined || Number(now) === nice) return;
      writeFileSync(file, String(nice));
      return;
    } catch (error) {
      if (isGone(error)) return;
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
    await sleep(sessionRetryMs);
  }
}

function isGone(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH';
}

/** Without it a guest is as good, and takes more or less than it should. */
export async function shareProcessors(
  instanceId: string,
  pid: number,
  share: CpuShare,
  log: Log,
): Promise<void> {
  try {
    if (await setCpuShare(pid, share)) return;
    log.info('a machine has its whole share of processors from its next start on', { instanceId });
  } catch (error) {
    log.warn('the share of processors of a machine is not what it should be', {
      instanceId,
      error,
    });
  }
}
