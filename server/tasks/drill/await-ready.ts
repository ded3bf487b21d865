/**
 * Waits until the guest of a drill can be looked into: its console has said what was asked for, its
 * agent answers where there is anything to ask it; and where nothing of that is said, until its agent
 * or its SSH server answers, whichever is first. Answers what speaks against the backup where that
 * does not come.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import { HostTimeoutError } from '../../host/time-limits.ts';
import { MachineAbsentError, NoAgentError } from '../../hypervisor/hypervisor.ts';
import { type RunContext, TaskFailure, type TaskServices } from '../task.ts';
import type { Machine } from './drill-machine.ts';
import type { SshWatch } from './ssh-watch.ts';

const pollMs = 100;
const usualBootSeconds = 900;
/** What a guest says until it is there, and more. */
const consoleMaxBytes = 256 * 1024;

export async function awaitReady(
  { services, signal }: RunContext,
  { plan, runningAt }: DrillRow,
  { instanceId }: Machine,
  ssh: Pick<SshWatch, 'hasAnswered'>,
): Promise<string | null> {
  const { clock } = services;
  const { consoleText, bootTimeoutSeconds = usualBootSeconds, checks, compare = [] } = plan;
  const sinceMs = Date.parse(runningAt ?? clock.now().toISOString());
  const asksAgent = checks.length + compare.length > 0;
  const isAnything = consoleText === undefined && !asksAgent;
  let isSaid = consoleText === undefined;
  for (;;) {
    signal.throwIfAborted();
    const ended = await endOf(services, instanceId);
    if (ended !== null) return ended;
    isSaid ||= await hasSaid(services, instanceId, consoleText ?? '');
    if (isSaid) {
      if (isAnything ? ssh.hasAnswered : !asksAgent) return null;
      if (await answers(services, instanceId)) return null;
    }
    if (clock.now().getTime() - sinceMs > bootTimeoutSeconds * 1000) {
      if (isAnything) return silent(services, instanceId, bootTimeoutSeconds);
      const what = isSaid ? 'its agent did not answer' : `its console did not say “${consoleText}”`;
      return `The guest was not ready within ${bootTimeoutSeconds} s: ${what}.`;
    }
    await delay(pollMs, undefined, { signal });
  }
}

/**
 * Nobody said that it has an agent or an SSH server. A system that has used its network card has come
 * up, whatever else it does; one that has not, has not.
 */
async function silent(
  { host }: TaskServices,
  instanceId: string,
  seconds: number,
): Promise<string> {
  const neither = `neither its agent nor its SSH server answered within ${seconds} s`;
  const { traffic } = (await host.usage()).get(instanceId) ?? {};
  if (traffic?.sentPackets === 0) {
    return `The guest did not come up: ${neither}, and it never used its network card.`;
  }
  const code = 'Client.GuestNotAnswering';
  throw new TaskFailure(
    code,
    `${code}: The backup cannot be judged: ${neither}. Say what its console says when it is up.`,
  );
}

/**
 * That the guest went down by itself speaks against the image; that somebody, or the host, has ended
 * its machine does not.
 */
export async function endOf({ catalog }: TaskServices, instanceId: string): Promise<string | null> {
  const row = await catalog.read(({ instances }) => instances.get(instanceId));
  if (row?.state === 'running' || row?.state === 'pending') return null;
  const { code, message } = row?.stateReason ?? {
    code: 'Client.InstanceEnded',
    message: 'Client.InstanceEnded: the machine of the drill was ended.',
  };
  if (code === 'Client.InstanceInitiatedShutdown') return 'The guest shut itself down.';
  throw new TaskFailure(code, message);
}

async function hasSaid({ host }: TaskServices, instanceId: string, text: string): Promise<boolean> {
  const output = await host.consoleOutput(instanceId, consoleMaxBytes);
  return output.includes(text);
}

async function answers({ host }: TaskServices, instanceId: string): Promise<boolean> {
  try {
    await host.commandState(instanceId, 'none', { stdout: 0, stderr: 0 });
    return true;
  } catch (error) {
    if (isSilence(error)) return false;
    throw error;
  }
}

function isSilence(error: unknown): boolean {
  return (
    error instanceof NoAgentError ||
    error instanceof MachineAbsentError ||
    error instanceof HostTimeoutError
  );
}
