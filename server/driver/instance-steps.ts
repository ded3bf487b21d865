/**
 * What is done for an instance in each of its states: one look at it, one thing done, under the
 * instance's lock. Answers when to look again (milliseconds; 0 = at once), or undefined when only a
 * change of its rows or its machine can bring work. Whatever was done before a kill is found again
 * by looking: each of these may be run at any time.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { InstanceRow, InstanceState } from '../catalog/rows/instance.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { hasDiskRoom } from '../domain/capacity.ts';
import { cameToRest, guestShutDown, machineLost, moved, startFailed } from '../domain/instances.ts';
import { isFinished } from '../domain/tasks.ts';
import { isLeaving } from '../domain/volume-attachments.ts';
import { KeyGoneError } from '../domain/volume-keys.ts';
import { released, volumesOf } from '../domain/volumes.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import { type Applied, type GuestSpec, type GuestStatus, HostMemoryError } from '../host/host.ts';
import { deleteVolumes } from './delete-volumes.ts';
import { guestSpec, type InstanceView, readInstance } from './guest-spec.ts';
import { PowerDown } from './power-down.ts';
import type { DriverServices } from './services.ts';
import { settleLayers } from './settle-layers.ts';
import { checkKeys, KeyProblemError, readToStart } from './start-machine.ts';
import { AskedSince, areMoving, settleAtRest, takeWord } from './volume-moves.ts';

/** While a guest shuts down; its end is also told by the hypervisor at once. */
const shutdownPollMs = 1000;
/** While a disk error lasts, such as a data plane that is away. */
const resumePollMs = 2000;
/** How long a terminated instance is shown, and its console kept. */
export const terminatedShownMs = 60 * 60 * 1000;

/** What this process has told the host; nothing of it is needed after a restart. */
export interface Told {
  /** The document as the guest has it. */
  spec?: string;
  /** Since it was asked to shut down. */
  powerDown?: PowerDown;
  /** Since it was asked to let go of volumes. */
  asked?: AskedSince;
}

export async function lookAt(
  services: DriverServices,
  instance: InstanceRow,
  told: Told,
): Promise<number | undefined> {
  switch (instance.state) {
    case 'pending':
      return start(services, instance, told);
    case 'running':
      return watch(services, instance, told);
    case 'stopping':
      return stop(services, instance, told);
    case 'shutting-down':
      return terminate(services, instance, told);
    case 'terminated':
      return forget(services, instance);
    case 'stopped':
      return undefined;
  }
}

async function start(services: DriverServices, instance: InstanceRow, told: Told) {
  const { catalog, clock, host, log } = services;
  const { id } = instance;
  const view = await readToStart(services, instance);
  const spec = guestSpec(view, host.describe());
  let applied: Applied;
  try {
    await checkKeys(services, view);
    applied = await host.apply(spec, { start: true });
  } catch (error) {
    log.error('instance could not be started', { instanceId: id, error });
    await host.remove(id);
    const reason = startFailure(error, instance);
    await catalog.write(async (transaction) => {
      const row = await transaction.instances.get(id);
      if (row?.state !== 'pending') return;
      await settleAtRest(transaction, row, clock.now());
      await transaction.instances.update(startFailed(row, clock.now(), reason));
    });
    return 0;
  }
  told.spec = asTold(spec);
  await catalog.write(async ({ instances, volumes }) => {
    for (const volume of view.volumes) {
      const row = await volumes.get(volume.id);
      if (row) await volumes.update({ ...row, state: 'in-use' });
    }
    const row = await instances.get(id);
    // Terminated meanwhile: the next look takes the machine down.
    if (row?.state !== 'pending') return;
    const running = moved(row, 'running', clock.now());
    await instances.update({ ...running, machine: spec.machine, ports: applied.ports });
  });
  log.info('instance runs', { instanceId: id });
  // Whoever changed anything meanwhile has asked for another look.
  return areMoving(view.volumes) ? 0 : undefined;
}

/** Also where it went between the look and the start, or the master key is not there. */
function isKeyProblem(error: unknown): boolean {
  if (error instanceof KeyProblemError || error instanceof KeyGoneError) return true;
  return error instanceof ServiceError && error.code === 'KeyUnavailableException';
}

/** What the client may read in StateReason; the log has the whole error. */
function startFailure(error: unknown, { machine }: InstanceRow): StateReason {
  // One that never ran goes, and can only be launched anew.
  const again = machine ? 'start it again' : 'launch it again';
  const reason = (code: string, sentence: string) => ({ code, message: `${code}: ${sentence}` });
  const internal = 'Server.InternalError';
  const capacity = 'Server.InsufficientInstanceCapacity';
  if (isKeyProblem(error)) {
    const sentence = `The KMS key provided is in an incorrect state: ${(error as Error).message}`;
    return reason('Client.InvalidKMSKey.InvalidState', sentence);
  }
  if (error instanceof HostMemoryError) {
    const sentence = `The host has not enough free memory. Stop or terminate instances, or end other programs, then ${again}`;
    return reason(capacity, sentence);
  }
  if (isDiskFull(error)) {
    const sentence = `The disk of the host is full. Terminate instances, or deregister images and delete their snapshots, then ${again}`;
    return reason(capacity, sentence);
  }
  return reason(internal, 'The virtual machine could not be started. The log of Imago says why');
}

async function watch(services: DriverServices, instance: InstanceRow, told: Told) {
  const { catalog, clock, host, log } = services;
  const { id } = instance;
  switch (await host.status(id)) {
    case 'shutdown':
      if (await isHalted(services, instance)) return undefined;
      if (instance.haltedBy !== undefined) {
        // The undo was given up, and nobody asked for a guest that is shut down.
        await host.reset(id);
        await letGo(services, id);
        return 0;
      }
      await change(services, id, 'running', (row) => guestShutDown(row, clock.now()));
      return 0;
    case 'absent':
      // For another root volume.
      if (await isHalted(services, instance)) return undefined;
      log.error('the process of a virtual machine ended by itself', { instanceId: id });
      await change(services, id, 'running', (row) => machineLost(row, clock.now()));
      return 0;
    case 'disk-full':
      await pull(services, instance, told);
      // What became free is for what gives room back: a guest that goes on would take it.
      return hasDiskRoom(await host.measure()) ? resume(services, id) : resumePollMs;
    case 'io-error':
      await pull(services, instance, told);
      return resume(services, id);
    default: {
      // Whoever sees a guest ends a freeze, and a halt, that nobody else came to end.
      await host.thaw(id);
      const isHeld = instance.haltedBy !== undefined;
      if (isHeld && !(await isHalted(services, instance))) await letGo(services, id);
      const view = await catalog.read((reader) => readInstance(reader, instance));
      await settleLayers(services, view.volumes);
      return tellChanges(services, view, told);
    }
  }
}

/** By a task that will boot it again; one that has ended, its undo given up, will not. */
async function isHalted({ catalog }: DriverServices, { haltedBy }: InstanceRow): Promise<boolean> {
  if (haltedBy === undefined) return false;
  const task = await catalog.read(({ tasks }) => tasks.get(haltedBy));
  return task !== undefined && !isFinished(task);
}

function letGo(services: DriverServices, instanceId: string): Promise<void> {
  return change(services, instanceId, 'running', ({ haltedBy: _, ...free }) => free);
}

/** A guest that stands still lets go of nothing; what it may stand still for is pulled by force. */
async function pull(services: DriverServices, instance: InstanceRow, told: Told): Promise<void> {
  const view = await services.catalog.read((reader) => readInstance(reader, instance));
  const isPulled = view.volumes.some(({ attachment }) => attachment?.force);
  if (isPulled) await tellChanges(services, view, told);
}

async function resume(
  { host, log, onDiskError }: DriverServices,
  instanceId: string,
): Promise<number> {
  const runs = await host.resume(instanceId);
  if (!runs) onDiskError?.(instanceId);
  log.warn('a guest stopped on a disk error', { instanceId, runs });
  return runs ? 0 : resumePollMs;
}

/** Rows have changed that the guest's document is made of, or Imago was started again. */
async function tellChanges(services: DriverServices, view: InstanceView, told: Told) {
  const { host } = services;
  const { instance } = view;
  const spec = guestSpec(view, host.describe());
  const wanted = asTold(spec);
  if (told.spec === wanted && !areMoving(view.volumes)) return undefined;
  const applied = await host.apply(spec, { start: false });
  const { ports } = applied;
  if (JSON.stringify(instance.ports) !== JSON.stringify(ports)) {
    await change(services, instance.id, 'running', (row) => ({ ...row, ports }));
  }
  told.spec = wanted;
  told.asked ??= new AskedSince(services.clock);
  return takeWord(services, instance, view.volumes, applied, told.asked);
}

/** Layers come and go by pivot and rebase, which tell the machine themselves. */
function asTold(spec: GuestSpec): string {
  return JSON.stringify({ ...spec, disks: spec.disks.map(({ layers: _, ...disk }) => disk) });
}

async function stop(services: DriverServices, instance: InstanceRow, told: Told) {
  const { clock, host, log } = services;
  const { id } = instance;
  const status = await host.status(id);
  if (await isShuttingDown(services, instance, told, status)) return shutdownPollMs;
  await takeDown(services, instance);
  told.spec = undefined;
  told.powerDown = undefined;
  const clean = status === 'shutdown';
  await services.catalog.write(async (transaction) => {
    const row = await transaction.instances.get(id);
    if (row?.state !== 'stopping') return;
    await settleAtRest(transaction, row, clock.now());
    await transaction.instances.update(cameToRest(row, clock.now(), { clean }));
  });
  log.info('instance stopped', { instanceId: id, clean });
  return undefined;
}

/** The guest has been asked to shut itself down, and has time left to do so. */
async function isShuttingDown(
  { clock, host, log }: DriverServices,
  instance: InstanceRow,
  told: Told,
  status: GuestStatus,
): Promise<boolean> {
  const { id } = instance;
  if (status === 'absent' || status === 'shutdown' || instance.forceStop) return false;
  told.powerDown ??= new PowerDown(clock, new Date(instance.stateSince));
  if (told.powerDown.isOver) {
    log.warn('guest did not shut down in time', { instanceId: id });
    return false;
  }
  if (told.powerDown.press()) await host.powerDown(id);
  return true;
}

async function terminate(services: DriverServices, instance: InstanceRow, told: Told) {
  const { catalog, clock, host, log } = services;
  const { id } = instance;
  const attached = await catalog.read((reader) => volumesOf(reader, instance));
  // What the guest has not written yet matters only where somebody can read it afterwards.
  const outlives = attached.some((volume) => !goesWith(volume));
  if (outlives && (await isShuttingDown(services, instance, told, await host.status(id)))) {
    return shutdownPollMs;
  }
  await takeDown(services, instance);
  const gone = await catalog.write(async (transaction) => {
    const row = await transaction.instances.get(id);
    if (row?.state !== 'shutting-down') return [];
    await settleAtRest(transaction, row, clock.now());
    const volumes = (await volumesOf(transaction, row)).map(released);
    for (const volume of volumes) await transaction.volumes.update(volume);
    await transaction.instances.update(cameToRest(row, clock.now(), { clean: true }));
    return volumes.map((volume) => volume.id);
  });
  if (gone.length > 0) await deleteVolumes(services, gone);
  log.info('instance terminated', { instanceId: id });
  return undefined;
}

/**
 * No machine is left, nothing of its volumes is its user's, and what its guest wrote survives a
 * power cut.
 */
export async function takeDown(services: DriverServices, instance: InstanceRow): Promise<void> {
  const { catalog, host } = services;
  await host.remove(instance.id);
  const volumes = await catalog.read((reader) => volumesOf(reader, instance));
  const isEnd = instance.state === 'shutting-down';
  const stay = volumes.filter((volume) => !isEnd || !goesWith(volume));
  for (const { id } of stay) await host.takeBack(id);
  await settleLayers(services, stay);
}

/** It is deleted with its instance. */
function goesWith(volume: VolumeRow): boolean {
  return volume.attachment?.deleteOnTermination === true && !isLeaving(volume);
}

async function forget({ catalog, clock, host }: DriverServices, instance: InstanceRow) {
  const { id, terminatedAt } = instance;
  const leftMs = Date.parse(terminatedAt ?? '') + terminatedShownMs - clock.now().getTime();
  if (leftMs > 0) return undefined;
  await host.forget(id);
  await catalog.write(async ({ instances, rootReplacements }) => {
    for (const { id: one } of await rootReplacements.list({ where: { instanceId: id } })) {
      await rootReplacements.delete(one);
    }
    await instances.delete(id);
  });
  return undefined;
}

/** Only from the state that was looked at: requests change rows at any time. */
async function change(
  { catalog }: DriverServices,
  instanceId: string,
  from: InstanceState,
  to: (row: InstanceRow) => InstanceRow,
): Promise<void> {
  await catalog.write(async ({ instances }) => {
    const row = await instances.get(instanceId);
    if (row?.state === from) await instances.update(to(row));
  });
}
