/**
 * CreateReplaceRootVolumeTask: the guest is halted as for a reboot, its machine taken down, another
 * volume put in the place of its root, and the machine started with it. The instance is `running`
 * all the while; `haltedBy` in its row keeps the driver from it. Whoever stops or terminates it
 * before the exchange has precedence; after it, the instance has its new root whatever it is.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { RootReplacementRow } from '../catalog/rows/root-replacement.ts';
import {
  endReplacement,
  exchangeRoots,
  type ReplaceRootVolumeInput,
  replaceRootVolumeKind,
  withFormerRoot,
  withReplacedRoot,
} from '../domain/root-replacements.ts';
import { volumesOf } from '../domain/volumes.ts';
import { deleteVolumes } from '../driver/delete-volumes.ts';
import { takeDown } from '../driver/instance-steps.ts';
import { instanceLock } from '../driver/locks.ts';
import { startMachine } from '../driver/start-machine.ts';
import { type HaltOutput, haltStep, isHaltedBy } from './reboot.ts';
import { defineTask, TaskFailure, type TaskServices } from './task.ts';

const pollMs = 50;

interface Outputs {
  halt: HaltOutput;
  exchange: null;
  boot: null;
  finish: null;
}

interface TaskOf {
  task: { id: string };
  input: ReplaceRootVolumeInput;
  services: TaskServices;
}

export const replaceRootVolume = defineTask<ReplaceRootVolumeInput, Outputs>({
  kind: replaceRootVolumeKind,
  steps: [
    {
      name: 'halt',
      async run(context) {
        const { input, services, signal } = context;
        while (await isAboutToBeCut(services, input)) await delay(pollMs, undefined, { signal });
        await setState(services, input, 'in-progress');
        return haltStep.run(context);
      },
      undo: haltStep.undo,
    },
    { name: 'exchange', run: exchange, undo: exchangeBack },
    { name: 'boot', run: boot },
    {
      name: 'finish',
      async run(context) {
        await end(context, 'succeeded');
        return null;
      },
    },
  ],
  async failed(context, reason) {
    const { instanceId } = context.input;
    context.services.log.error('a root volume was not replaced', { instanceId, reason });
    await end(context, 'failed');
  },
});

/** Captures that were ordered before cut the root that they were ordered of. */
function isAboutToBeCut(
  { catalog }: TaskServices,
  { instanceId }: ReplaceRootVolumeInput,
): Promise<boolean> {
  return catalog.read(async (reader) => {
    const volumes = await volumesOf(reader, { id: instanceId });
    const where = { volumeId: volumes.map(({ id }) => id), state: 'pending' };
    const pending = await reader.snapshots.list({ where });
    return pending.some(({ cutLayer }) => cutLayer === undefined);
  });
}

async function exchange({ input, task, services }: TaskOf): Promise<null> {
  const { catalog, clock, locks } = services;
  const { instanceId } = input;
  return locks.hold(instanceLock(instanceId), async () => {
    const instance = await catalog.read(({ instances }) => instances.get(instanceId));
    if (!isHaltedBy(instance, task.id)) throw notRunning(instanceId);
    await takeDown(services, instance);
    await catalog.write(async (transaction) => {
      const { row, current } = await readBoth(transaction, input);
      const { replacedVolumeId: attached, volumeId: free } = row;
      if (!(await exchangeRoots(transaction, { attached, free }, clock.now()))) return;
      await transaction.instances.update(withReplacedRoot(current, row));
    });
    return null;
  });
}

/** The machine has its old root again, and is there, as the undo of the halt expects it. */
async function exchangeBack({ input, task, services }: TaskOf): Promise<void> {
  const { catalog, clock, host, locks } = services;
  const { instanceId } = input;
  await setState(services, input, 'failing');
  await locks.hold(instanceLock(instanceId), async () => {
    const instance = await catalog.read(({ instances }) => instances.get(instanceId));
    const isOurs = isHaltedBy(instance, task.id);
    const row = await catalog.read((reader) => reader.rootReplacements.get(input.replacementId));
    const fresh = await catalog.read(({ volumes }) => volumes.get(row?.volumeId ?? ''));
    if (isOurs && fresh?.attachment) await host.remove(instanceId);
    if ((await host.status(instanceId)) !== 'absent') return;
    await catalog.write(async (transaction) => {
      const { row, current } = await readBoth(transaction, input);
      const { volumeId: attached, replacedVolumeId: free } = row;
      if (!(await exchangeRoots(transaction, { attached, free }, clock.now()))) return;
      await transaction.instances.update(withFormerRoot(current, row));
    });
    const now = await catalog.read(({ instances }) => instances.get(instanceId));
    if (isHaltedBy(now, task.id)) await startMachine(services, now);
  });
}

/** Nothing where somebody stopped the instance meanwhile: it starts with its new root. */
async function boot({ input, task, services }: TaskOf): Promise<null> {
  const { catalog, locks } = services;
  const { instanceId } = input;
  return locks.hold(instanceLock(instanceId), async () => {
    const instance = await catalog.read(({ instances }) => instances.get(instanceId));
    if (!isHaltedBy(instance, task.id)) return null;
    const { spec, ports, volumeIds } = await startMachine(services, instance);
    await catalog.write(async ({ instances, volumes }) => {
      for (const id of volumeIds) {
        const volume = await volumes.get(id);
        if (volume) await volumes.update({ ...volume, state: 'in-use' });
      }
      const row = await instances.get(instanceId);
      if (!isHaltedBy(row, task.id)) return;
      const { haltedBy: _, ...free } = row;
      await instances.update({ ...free, machine: spec.machine, ports });
    });
    return null;
  });
}

async function end({ input, services }: TaskOf, outcome: 'succeeded' | 'failed'): Promise<void> {
  const { catalog, clock } = services;
  const goes = await catalog.write(async (transaction) => {
    const row = await transaction.rootReplacements.get(input.replacementId);
    return row && endReplacement(transaction, row, outcome, clock.now());
  });
  if (goes !== undefined) await deleteVolumes(services, [goes]);
}

async function setState(
  { catalog }: TaskServices,
  { replacementId }: ReplaceRootVolumeInput,
  state: RootReplacementRow['state'],
): Promise<void> {
  await catalog.write(async ({ rootReplacements }) => {
    const row = await rootReplacements.get(replacementId);
    if (row) await rootReplacements.update({ ...row, state });
  });
}

async function readBoth(
  { instances, rootReplacements }: CatalogTransaction,
  { replacementId, instanceId }: ReplaceRootVolumeInput,
): Promise<{ row: RootReplacementRow; current: InstanceRow }> {
  const [row, current] = [
    await rootReplacements.get(replacementId),
    await instances.get(instanceId),
  ];
  if (!row || !current) throw notRunning(instanceId);
  return { row, current };
}

function notRunning(instanceId: string): TaskFailure {
  return new TaskFailure(
    'Client.IncorrectInstanceState',
    `The instance ${instanceId} does not run any more.`,
  );
}
