/**
 * RebootInstances, and its two steps, which CreateImage with reboot has as well: `halt` lets the
 * guest shut itself down, `restart` boots it again in the same machine. Between them its disks are
 * at rest, which is when a CreateImage with reboot pivots. All the while the instance is
 * `running`, as in EC2; `haltedBy` in its row keeps the guest's power-off from stopping it.
 * Whoever stops or terminates the instance meanwhile has precedence: both steps then do nothing
 * more. A guest that is left shut down, the undo given up, is the driver's to boot.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { RebootInput } from '../domain/order-capture.ts';
import { isFinished } from '../domain/tasks.ts';
import { instanceLock } from '../driver/locks.ts';
import { PowerDown } from '../driver/power-down.ts';
import { defineTask, type Step, type TaskServices } from './task.ts';

const pollMs = 50;

export interface HaltOutput {
  /** The guest is to be booted again. */
  restart: boolean;
  /** It shut itself down; otherwise it is still running, deaf to the power button. */
  clean: boolean;
}

const notHalted: HaltOutput = { restart: false, clean: false };

export const haltStep: Step<RebootInput, object, HaltOutput> = {
  async run({ input, task, services, signal }) {
    if (!input.reboot) return notHalted;
    while (!(await claim(services, input.instanceId, task.id))) {
      await delay(pollMs, undefined, { signal });
    }
    return halt(services, input.instanceId, task.id, signal);
  },
  async undo({ input, task, services }) {
    await bootAgain(services, input.instanceId, task.id, { force: false });
  },
};

export function restartStep<Outputs extends { halt: HaltOutput }>(): Step<
  RebootInput,
  Outputs,
  null
> {
  return {
    async run({ input, outputs, task, services }) {
      const { restart, clean } = outputs.halt;
      if (restart) await bootAgain(services, input.instanceId, task.id, { force: !clean });
      return null;
    },
  };
}

/** Answers whether the wait is over: the guest is ours to halt, or there is none. */
async function claim(services: TaskServices, instanceId: string, taskId: string): Promise<boolean> {
  return services.locks.hold(instanceLock(instanceId), () =>
    services.catalog.write(async ({ instances, tasks }) => {
      const instance = await instances.get(instanceId);
      if (instance?.state !== 'running') return true;
      const { haltedBy = taskId } = instance;
      if (haltedBy !== taskId) {
        // One that has ended, its undo given up, lets go of nothing any more.
        const holder = await tasks.get(haltedBy);
        if (holder && !isFinished(holder)) return false;
      }
      await instances.update({ ...instance, haltedBy: taskId });
      return true;
    }),
  );
}

async function halt(
  services: TaskServices,
  instanceId: string,
  taskId: string,
  signal: AbortSignal,
): Promise<HaltOutput> {
  const { catalog, clock, host, log } = services;
  const powerDown = new PowerDown(clock, clock.now());
  for (;;) {
    const instance = await catalog.read(({ instances }) => instances.get(instanceId));
    if (!isHaltedBy(instance, taskId)) return notHalted;
    const status = await host.status(instanceId);
    if (status === 'absent') return notHalted;
    if (status === 'shutdown') return { restart: true, clean: true };
    if (powerDown.isOver) {
      log.warn('guest did not shut down for its reboot; it will be reset', { instanceId });
      return { restart: true, clean: false };
    }
    if (powerDown.press()) await host.powerDown(instanceId);
    await delay(pollMs, undefined, { signal });
  }
}

/** Boots the guest again and lets go of it; nothing when that was done before. */
async function bootAgain(
  services: TaskServices,
  instanceId: string,
  taskId: string,
  { force }: { force: boolean },
): Promise<void> {
  const { catalog, host, locks } = services;
  await locks.hold(instanceLock(instanceId), async () => {
    const instance = await catalog.read(({ instances }) => instances.get(instanceId));
    if (!isHaltedBy(instance, taskId)) return;
    const status = await host.status(instanceId);
    if (status === 'shutdown' || (force && status !== 'absent')) await host.reset(instanceId);
    await catalog.write(async ({ instances }) => {
      const row = await instances.get(instanceId);
      if (!isHaltedBy(row, taskId)) return;
      const { haltedBy: _, ...free } = row;
      await instances.update(free);
    });
  });
}

export function isHaltedBy(
  instance: InstanceRow | undefined,
  taskId: string,
): instance is InstanceRow {
  return instance?.state === 'running' && instance.haltedBy === taskId;
}

interface Outputs {
  halt: HaltOutput;
  restart: null;
}

export const rebootInstance = defineTask<RebootInput, Outputs>({
  kind: 'reboot-instance',
  steps: [
    { name: 'halt', ...haltStep },
    { name: 'restart', ...restartStep() },
  ],
  async failed({ input, services }, reason) {
    services.log.error('reboot failed', { instanceId: input.instanceId, reason });
  },
});
