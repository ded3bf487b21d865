/**
 * A guest that stands still while its disks are cut: its agent freezes the file systems and thaws
 * them, whatever happens in between, also after a kill. How long the guest says that it stood is
 * guest-pause.ts; what is cut, and how, is layers.ts.
 */
import path from 'node:path';
import type { Log } from '../../foundations/log.ts';
import { agentSocket } from './command-line.ts';
import { endsFreezesItself, guardFreeze } from './freeze-guard.ts';
import { GuestAgent } from './guest-agent.ts';
import { guestPause } from './guest-pause.ts';
import type { QemuMachine } from './machine.ts';
import { type PivotRecord, readPivotRecord, writePivotRecord } from './pivot-record.ts';

export interface PivotLimits {
  freezeMs: number;
  transactionMs: number;
  thawMs: number;
  /** From the beginning, for Imago to be killed in it. */
  frozenMaxMs: number;
}

export const defaultLimits: PivotLimits = {
  // Hooks have 15 seconds in the provider's images, then freezing writes what is still dirty.
  freezeMs: 25_000,
  // It takes milliseconds, but hangs while a read waits for a data plane that is away; a guest must
  // not stay frozen for that, so it is given up, thawed, and found done or undone by the next call.
  transactionMs: 10_000,
  thawMs: 10_000,
  // As long as the provider's images wait from the freeze on, and the time for their hooks.
  frozenMaxMs: 45_000,
};

/**
 * Undefined when the guest runs no agent, or one that does not answer: then it cannot be frozen.
 */
export async function openAgent(machine: QemuMachine, log: Log): Promise<GuestAgent | undefined> {
  if ((await machine.status()) !== 'running' || !(await hasAgent(machine))) return undefined;
  try {
    return await GuestAgent.open(path.join(machine.workFolder, agentSocket));
  } catch (error) {
    log.warn('the guest agent does not answer', { folder: machine.folder, error: error as Error });
    return undefined;
  }
}

/** Whether a program in the guest has opened the agent's port. */
async function hasAgent(machine: QemuMachine): Promise<boolean> {
  const chardevs = (await machine.qmp.execute('query-chardev')) as {
    label: string;
    'frontend-open': boolean;
  }[];
  return chardevs.some((chardev) => chardev.label === 'agent' && chardev['frontend-open']);
}

/** Freeze, cut, thaw; whatever happens in between, it is thawed. */
export async function cutFrozen(
  machine: QemuMachine,
  agent: GuestAgent,
  record: PivotRecord,
  cut: () => Promise<unknown>,
  { log, limits }: { log: Log; limits: PivotLimits },
): Promise<PivotRecord['result']> {
  // What is written before need not be written while the guest stands still.
  await agent.sync().catch((error: Error) => {
    log.info('the guest did not sync before it is frozen', { folder: machine.folder, error });
  });
  const endsItself = await endsFreezesItself(agent);
  const startedAt = Date.now();
  writePivotRecord(machine.folder, { ...record, startedAt, state: 'freezing' });
  const limitMs = limits.frozenMaxMs;
  using _guard = endsItself ? undefined : guardFreeze(machine, { startedAt, limitMs });
  const startMs = performance.now();
  let count = 0;
  let thawed: number | undefined;
  let frozenMs = 0;
  try {
    count = await agent.freeze(limits.freezeMs);
  } catch (error) {
    log.warn('the guest did not freeze; the snapshot is crash-consistent', {
      folder: machine.folder,
      error: error as Error,
    });
  }
  const cutMs = performance.now();
  try {
    await cut();
  } finally {
    frozenMs = performance.now() - cutMs;
    // An agent that failed to freeze may have gone on to freeze since: thaw in any case, over a
    // fresh connection then.
    thawed = await agent.thaw(limits.thawMs).catch(() => undefined);
    if (thawed === undefined) {
      agent.close();
      await thawLeftFrozen(machine, log, limits);
    }
  }
  const measuredMs = performance.now() - startMs;
  // A guest ends a freeze that lasts too long; then nobody knows whether that was before the cut.
  const frozen = count > 0 && thawed !== undefined && thawed >= count;
  return { frozen, ...(await guestPause(agent, { measuredMs, frozenMs })) };
}

/**
 * Thaws a guest that a killed pivot left frozen; does nothing otherwise. Throws while that cannot
 * be done, so that nobody takes the guest for thawed. A guest that has shut down, or whose agent
 * has gone with it, is not frozen.
 */
export async function thawLeftFrozen(
  machine: QemuMachine,
  log: Log,
  limits = defaultLimits,
): Promise<void> {
  const record = readPivotRecord(machine.folder);
  if (record?.state !== 'freezing') return;
  let result: PivotRecord['result'] = { frozen: false, pauseMs: 0 };
  if ((await machine.status()) !== 'shutdown' && (await hasAgent(machine))) {
    using agent = await GuestAgent.open(path.join(machine.workFolder, agentSocket));
    // What was frozen until now was so at the cut. Of a guest that ended it nobody knows.
    const frozen = (await agent.thaw(limits.thawMs)) > 0;
    const measuredMs = Date.now() - record.startedAt;
    if (frozen) result = { frozen, ...(await guestPause(agent, { measuredMs, frozenMs: 0 })) };
    log.info('thawed a guest that was left frozen', { folder: machine.folder, ...result });
  }
  noteDone(machine, { ...record, result }, log);
}

/**
 * The guest is thawed, and that is so on a full disk too: without the note it is thawed once more
 * by the next who looks.
 */
export function noteDone({ folder }: QemuMachine, record: PivotRecord, log: Log): void {
  try {
    writePivotRecord(folder, { ...record, state: 'done' });
  } catch (error) {
    log.warn('the end of a pivot could not be put on record', { folder, error: error as Error });
  }
}
