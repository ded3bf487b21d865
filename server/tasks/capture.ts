/**
 * The steps that turn volumes into snapshots, shared by create-image.ts and create-snapshot.ts:
 *
 *   pivot    the guest's file systems are frozen, all volumes get a new top layer at one point in time, thaw (tens of milliseconds)
 *   upload   what lies below the cut goes into the block store, beside the running guest
 *   rebase   the machine (if it runs) and the row take the snapshot's map in place of what was captured; its files go
 *
 * `cutLayer` of the snapshot's row is the cut. Captures of one volume upload in the order of their cuts, since a rebase takes
 * away what an older cut would still have to read. Nothing before the rebase takes anything away: a capture that fails leaves a
 * volume with one layer more, whole and true, which the next capture takes along.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { SnapshotRow, VolumeRow } from '../catalog/rows.ts';
import { captureLayers } from '../disk/capture.ts';
import {
  layersBelow,
  sizeBytesOf,
  topLayer,
  withFreshLayer,
  withSettledLayers,
} from '../domain/volumes.ts';
import { createFreshLayers } from './layer-files.ts';
import { instanceLock } from './reboot.ts';
import { TaskFailure, type TaskServices } from './task.ts';

/** What is captured into what. */
export interface VolumeCapture {
  volumeId: string;
  snapshotId: string;
}

export interface PivotOutput {
  /** The guest's file systems were at rest: frozen by its agent, or shut down. */
  consistent: boolean;
  /** How long the guest could not write; unknown after an interruption. */
  pauseMs?: number;
}

export interface UploadOutput extends VolumeCapture {
  root: string;
  sizeBytes: number;
  fullSizeBytes: number;
  storedBytes: number;
  sharedBytes: number;
}

/** Volumes that belong to no instance are locked by their own id: nobody else pivots them. */
export async function pivot(
  services: TaskServices,
  instanceId: string | undefined,
  captures: readonly VolumeCapture[],
): Promise<PivotOutput> {
  const name = instanceId === undefined ? `pivot ${captures[0]?.volumeId}` : instanceLock(instanceId);
  return services.locks.hold(name, async () => {
    const captured = await services.catalog.write((transaction) => cut(transaction, captures));
    if (instanceId === undefined) return makeLayers(services, captured, { consistent: false });
    const { instance, attached } = await services.catalog.read(async (reader) => {
      const row = await reader.instances.get(instanceId);
      const ids = row?.volumeIds ?? [];
      return {
        instance: row,
        attached: ids.length > 0 ? await reader.volumes.list({ where: { id: ids } }) : [],
      };
    });
    const status = await services.hypervisor.status(instanceId);
    if (status === 'absent') {
      const consistent = instance?.state === 'stopped' && !instance.forceStop;
      return makeLayers(services, captured, { consistent });
    }
    // A fresh layer of another capture that was interrupted is pivoted to as well: the order of layers stays.
    const fresh = attached.filter((volume) => topLayer(volume).fresh);
    const output = await pivotMachine(services, instanceId, fresh, status === 'shutdown');
    await settle(services, fresh);
    return output;
  });
}

/** Writes down where the snapshots cut, once. */
async function cut(
  { volumes, snapshots }: CatalogTransaction,
  captures: readonly VolumeCapture[],
): Promise<VolumeRow[]> {
  const rows: VolumeRow[] = [];
  for (const { volumeId, snapshotId } of captures) {
    const volume = await volumes.get(volumeId);
    const snapshot = await snapshots.get(snapshotId);
    if (!volume || !snapshot) throw gone(volumeId, snapshotId);
    if (snapshot.cutLayer !== undefined) {
      rows.push(volume);
      continue;
    }
    const next = withFreshLayer(volume);
    await volumes.update(next);
    await snapshots.update({ ...snapshot, cutLayer: topLayer(next).number });
    rows.push(next);
  }
  return rows;
}

async function pivotMachine(
  { home, hypervisor }: TaskServices,
  instanceId: string,
  volumes: readonly VolumeRow[],
  atRest: boolean,
): Promise<PivotOutput> {
  if (volumes.length === 0) return { consistent: atRest };
  const requests = volumes.map((volume) => {
    const { number } = topLayer(volume);
    return {
      volumeId: volume.id,
      layer: { number, path: home.layerFile(volume.id, number) },
      sizeBytes: sizeBytesOf(volume),
    };
  });
  const { frozen, pauseMs } = await hypervisor.pivot(instanceId, requests, { freeze: !atRest });
  return { consistent: atRest || frozen, pauseMs };
}

async function makeLayers(
  services: TaskServices,
  volumes: readonly VolumeRow[],
  output: PivotOutput,
): Promise<PivotOutput> {
  for (const volume of volumes) await createFreshLayers(services.home, volume);
  await settle(services, volumes);
  return { ...output, pauseMs: 0 };
}

async function settle({ catalog }: TaskServices, volumes: readonly VolumeRow[]): Promise<void> {
  if (volumes.length === 0) return;
  await catalog.write(async (transaction) => {
    for (const { id } of volumes) {
      const volume = await transaction.volumes.get(id);
      if (volume) await transaction.volumes.update(withSettledLayers(volume));
    }
  });
}

export const volumeLock = (volumeId: string) => `volume ${volumeId}`;
/** Only where captures of one volume overlap. */
const turnPollMs = 250;
/** Often enough for a progress bar, seldom enough for the catalog. */
const progressEveryMs = 1000;

export async function upload(
  services: TaskServices,
  capture: VolumeCapture,
  signal: AbortSignal,
): Promise<UploadOutput> {
  for (;;) {
    const done = await services.locks.hold(volumeLock(capture.volumeId), async () => {
      const { volume, snapshot, olderCut } = await readCapture(services, capture);
      return olderCut ? undefined : uploadCut(services, volume, snapshot, signal);
    });
    if (done) return done;
    await delay(turnPollMs, undefined, { signal });
  }
}

async function readCapture({ catalog }: TaskServices, { volumeId, snapshotId }: VolumeCapture) {
  return catalog.read(async (reader) => {
    const volume = await reader.volumes.get(volumeId);
    const pending = await reader.snapshots.list({ where: { volumeId, state: 'pending' } });
    const snapshot = pending.find(({ id }) => id === snapshotId);
    if (!volume || snapshot?.cutLayer === undefined) throw gone(volumeId, snapshotId);
    const { cutLayer } = snapshot;
    const olderCut = pending.some((other) => (other.cutLayer ?? cutLayer) < cutLayer);
    return { volume, snapshot: { ...snapshot, cutLayer }, olderCut };
  });
}

async function uploadCut(
  services: TaskServices,
  volume: VolumeRow,
  snapshot: SnapshotRow & { cutLayer: number },
  signal: AbortSignal,
): Promise<UploadOutput> {
  const sizeBytes = sizeBytesOf(volume);
  const layers = layersBelow(volume, snapshot.cutLayer);
  const progress = progressWriter(services, snapshot.id);
  const result = await captureLayers({
    store: services.blocks,
    base: volume.base,
    layers: layers.map(({ number }) => services.home.layerFile(volume.id, number)),
    sizeBytes,
    onProgress: progress,
    signal,
  });
  const { root, fullSizeBytes, storedBytes, sharedBytes } = result;
  const ids = { volumeId: volume.id, snapshotId: snapshot.id };
  return { ...ids, root, sizeBytes, fullSizeBytes, storedBytes, sharedBytes };
}
