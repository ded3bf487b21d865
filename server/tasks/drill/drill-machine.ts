/**
 * The machine of a drill: an instance as any other to the driver, but that no cable leads from it to
 * anybody, and that nothing of it is left afterwards: neither a volume nor its row.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogTransaction } from '../../catalog/catalog.ts';
import { type DrillRow, triedBy } from '../../catalog/rows/drill.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { changeDrill } from '../../domain/drills/drills.ts';
import { noteMachine } from '../../domain/drills/restore-tests.ts';
import { drilledImage, type SnapshotSystem } from '../../domain/drills/system-of-snapshot.ts';
import { terminateRequested } from '../../domain/instances.ts';
import { type Launch, type LaunchRequest, planLaunch, planLaunchOf } from '../../domain/launch.ts';
import { insertLaunch } from '../../domain/launch-rows.ts';
import { orFailAsync, type RunContext, type TaskServices } from '../task.ts';
import { forFirstWithRoom, ownerAsViewer, untilState, usualTypes } from '../task-machine.ts';
import { snapshotOf } from './tried-backup.ts';

const pollMs = 50;

export interface Machine {
  instanceId: string;
  volumeIds: string[];
}

/** Once, however often it is called: which machine it is, is in the checkpoint as soon as it is. */
export async function launchForDrill(
  { task, services, signal }: RunContext,
  drill: DrillRow,
  system?: SnapshotSystem,
): Promise<Machine> {
  const { host, orders } = services;
  const measures = await host.measure();
  const machine = await orders.write(async (transaction) => {
    const row = (await transaction.tasks.get(task.id)) ?? task;
    if (row.checkpoint) return row.checkpoint as Machine;
    const launch = await orFailAsync(() =>
      plan(transaction, services, { drill, system }, measures),
    );
    const [instance] = launch.instances;
    if (!instance) throw new Error('nothing is launched');
    await insertLaunch(transaction, isolated(launch, drill.id));
    const made: Machine = {
      instanceId: instance.id,
      volumeIds: launch.volumes.map(({ id }) => id),
    };
    await transaction.tasks.update({ ...row, checkpoint: made });
    await changeDrill(transaction, drill.id, (each) => ({ ...each, instanceId: instance.id }));
    await noteMachine(transaction, drill, made);
    return made;
  });
  await untilState(services, signal, machine.instanceId, 'running');
  return machine;
}

/** Of the usual types the first that there is room for, where none is asked for. */
async function plan(
  transaction: CatalogTransaction,
  services: TaskServices,
  { drill, system }: { drill: DrillRow; system?: SnapshotSystem },
  measures: Parameters<typeof planLaunch>[3]['measures'],
): Promise<Launch> {
  const viewer = await ownerAsViewer(transaction, drill);
  const { clock, ids } = services;
  const snapshot = await snapshotOf(transaction, drill, clock.now());
  const about = system && { system, id: ids.resource('ami') };
  const image = snapshot && about && (await drilledImage(transaction, viewer, snapshot, about));
  const wanted = drill.plan.instanceType;
  const types = wanted === undefined ? usualTypes : [wanted];
  const place = { ...services, measures };
  return forFirstWithRoom(types, async (type) => {
    const request = launchRequest(drill, type);
    return image
      ? planLaunchOf(transaction, viewer, { image, request }, place)
      : planLaunch(transaction, viewer, request, place);
  });
}

function launchRequest(drill: DrillRow, instanceType: string): LaunchRequest {
  const tags = { Name: `Drill of ${triedBy(drill)}`, ImagoDrill: drill.id };
  return {
    imageId: drill.imageId ?? '',
    count: { min: 1, max: 1 },
    instanceType,
    securityGroupIds: [],
    securityGroupNames: [],
    associatePublicIp: false,
    mappings: [],
    metadataOptions: {},
    shutdownBehavior: 'stop',
    cpuOptions: {},
    monitoring: false,
    disableApiTermination: false,
    disableApiStop: false,
    autoRecovery: 'default',
    capacityReservationPreference: 'open',
    instanceTags: tags,
    volumeTags: tags,
    networkInterfaceTags: {},
  };
}

/** It is in no group, its volumes go with it, and its image is as it was. */
function isolated({ instances, volumes }: Launch, drillId: string): Launch {
  return {
    instances: instances.map((row) => ({ ...row, drillId, securityGroupIds: [] })),
    volumes: volumes.map((row) => ({
      ...row,
      ...(row.attachment && { attachment: { ...row.attachment, deleteOnTermination: true } }),
    })),
  };
}

/** Nothing where there is none any more; whatever its owner did to it meanwhile. */
export async function removeMachine(
  { services, signal }: RunContext,
  machine: Machine | undefined,
): Promise<void> {
  if (!machine) return;
  const { instanceId, volumeIds } = machine;
  const { orders, host, clock } = services;
  await orders.write(async ({ instances }) => {
    const row = await instances.get(instanceId);
    if (!row) return;
    const { disableApiStop: _, disableApiTermination: __, ...free } = row;
    const next = terminateRequested(free, clock.now(), { force: true });
    if (next) await instances.update(next);
  });
  await untilState(services, signal, instanceId, 'terminated');
  await untilDeleted(services, signal, volumeIds);
  await host.forget(instanceId);
  await orders.write(async ({ instances, rootReplacements }) => {
    for (const { id } of await rootReplacements.list({ where: { instanceId } })) {
      await rootReplacements.delete(id);
    }
    await instances.delete(instanceId);
  });
}

/** The driver deletes them with their instance; one that was detached meanwhile is asked for. */
async function untilDeleted(
  { orders }: TaskServices,
  signal: AbortSignal,
  volumeIds: readonly string[],
): Promise<void> {
  for (;;) {
    const left = await orders.read(({ volumes }) => volumes.list({ where: { id: volumeIds } }));
    if (!left.some(isOfDrill)) return;
    const loose = left.filter(({ state, attachment }) => state === 'available' && !attachment);
    if (loose.length > 0) {
      await orders.write(async ({ volumes }) => {
        for (const { id } of loose) {
          const row = await volumes.get(id);
          if (row && !row.attachment) await volumes.update({ ...row, state: 'deleting' });
        }
      });
    }
    await delay(pollMs, undefined, { signal });
  }
}

/** Somebody may have attached it elsewhere; then it is theirs. */
function isOfDrill({ attachment }: VolumeRow): boolean {
  return attachment === undefined;
}
