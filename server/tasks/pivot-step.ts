/**
 * The first step of a capture: a new top layer on each of its volumes, at one point in time. What
 * it makes stays when the capture fails later; `undoPivot` brings the rows in line with it. A cut
 * that was made counts although nobody was told: the step, run again, finds it
 * (driver/reconcile-layers.ts).
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { Consistency } from '../domain/consistency.ts';
import { type VolumeCapture, volumeIdsOf } from '../domain/order-capture.ts';
import {
  freshLayers,
  sizeBytesOf,
  topLayer,
  withFreshLayer,
  withSettledLayers,
} from '../domain/volumes.ts';
import { reconcileLayers } from '../driver/reconcile-layers.ts';
import { holdVolumes } from '../driver/volume-locks.ts';
import type { Cut } from '../host/host.ts';
import { hasTooManyLayers, mergeLayers } from './merge-layers.ts';
import { TaskFailure, type TaskServices } from './task.ts';

export interface PivotOutput {
  /** The guest's file systems were at rest: frozen by its agent, or shut down. */
  consistent: boolean;
  /** No machine had any of the volumes. */
  unused?: true;
  /** Within which the guest could not write. */
  pauseMs: number;
  /** What its hooks took before and after, where that is known. */
  hooksMs?: number;
}

export async function pivot(
  services: TaskServices,
  captures: readonly VolumeCapture[],
  signal: AbortSignal,
): Promise<PivotOutput> {
  for (;;) {
    const output = await holdVolumes(services, volumeIdsOf(captures), (instanceId) =>
      cut(services, captures, instanceId),
    );
    if (output) return output;
    await mergeLayers(services, captures, signal);
  }
}

/** Undefined when a volume has too many layers to get another. */
async function cut(
  services: TaskServices,
  captures: readonly VolumeCapture[],
  instanceId: string | undefined,
): Promise<PivotOutput | undefined> {
  const { catalog, host } = services;
  await reconcileLayers(services, volumeIdsOf(captures), instanceId);
  const planned = await catalog.write((transaction) => planCuts(transaction, captures));
  if (planned.known === 'too many layers') return undefined;
  if (planned.known === 'made below others') return { consistent: false, pauseMs: 0 };
  const instance =
    instanceId === undefined
      ? undefined
      : await catalog.read(({ instances }) => instances.get(instanceId));
  const { status, frozen, ...pause } = await host.pivot({ instanceId, cuts: planned.cuts });
  await settle(services, planned.cuts);
  const atRest = status === 'shutdown' || (status === 'absent' && hasShutDown(instance));
  // A cut of before may have been made while the guest still wrote.
  const isNew = planned.known === 'new';
  return {
    consistent: frozen || (isNew && atRest),
    ...(isNew && instanceId === undefined && { unused: true }),
    ...pause,
  };
}

export function consistencyOfCut({ consistent, unused }: PivotOutput): Consistency {
  if (consistent) return 'application';
  return unused ? 'at-rest' : 'crash';
}

/** A guest is left thawed, and a volume with the layers that it has. */
export async function undoPivot(
  services: TaskServices,
  captures: readonly VolumeCapture[],
): Promise<void> {
  await holdVolumes(services, volumeIdsOf(captures), async (instanceId) => {
    if (instanceId !== undefined) await services.host.thaw(instanceId);
    await reconcileLayers(services, volumeIdsOf(captures), instanceId);
  });
}

interface PlannedCuts {
  cuts: Cut[];
  /** Cuts of an earlier run of this step were made, and may lie below those of other captures. */
  known: 'new' | 'made' | 'made below others' | 'too many layers';
}

/**
 * Where the snapshots cut. What an earlier run made is taken if it made all of it: the volumes of
 * an image are cut at one point in time.
 */
async function planCuts(
  { volumes, snapshots }: CatalogTransaction,
  captures: readonly VolumeCapture[],
): Promise<PlannedCuts> {
  const rows = [];
  for (const { volumeId, snapshotId } of captures) {
    const volume = await volumes.get(volumeId);
    const snapshot = await snapshots.get(snapshotId);
    // Deleted while it was pending.
    if (!snapshot) continue;
    if (!volume || snapshot.state !== 'pending') throw gone(volumeId, snapshotId);
    rows.push({ volume, snapshot });
  }
  if (rows.length === 0) return { cuts: [], known: 'made below others' };
  if (rows.every(({ snapshot }) => snapshot.cutLayer !== undefined)) {
    const onTop = rows.every(
      ({ volume, snapshot }) => topLayer(volume).number === snapshot.cutLayer,
    );
    const cuts = rows.map(({ volume }) => cutOf(volume));
    return { cuts, known: onTop ? 'made' : 'made below others' };
  }
  if (rows.some(({ volume }) => hasTooManyLayers(volume))) {
    return { cuts: [], known: 'too many layers' };
  }
  const cuts: Cut[] = [];
  for (const { volume, snapshot } of rows) {
    const next = withFreshLayer(volume);
    await volumes.update(next);
    const cut = cutOf(next);
    await snapshots.update({ ...snapshot, cutLayer: cut.layer });
    cuts.push(cut);
  }
  return { cuts, known: 'new' };
}

function cutOf(volume: VolumeRow): Cut {
  const layer = topLayer(volume).number;
  return {
    volumeId: volume.id,
    layer,
    fresh: freshLayers(volume).filter((number) => number !== layer),
    sizeBytes: sizeBytesOf(volume),
    ...(volume.encryption && { encryption: volume.encryption }),
  };
}

async function settle({ catalog }: TaskServices, cuts: readonly Cut[]): Promise<void> {
  await catalog.write(async ({ volumes }) => {
    for (const { volumeId, layer, fresh = [] } of cuts) {
      const volume = await volumes.get(volumeId);
      if (volume) await volumes.update(withSettledLayers(volume, [...fresh, layer]));
    }
  });
}

function hasShutDown(instance: InstanceRow | undefined): boolean {
  return instance?.state === 'stopped' && !instance.forceStop;
}

export function gone(volumeId: string, snapshotId: string): TaskFailure {
  return new TaskFailure(
    'Client.InternalError',
    `The volume ${volumeId} or the snapshot ${snapshotId} is gone.`,
  );
}
