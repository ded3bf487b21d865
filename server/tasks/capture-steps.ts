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
import {
  BlockCorruptError,
  BlockMissingError,
  BlockStoreFullError,
} from '../blocks/block-store.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { VolumeBase, VolumeRow } from '../catalog/rows/volume.ts';
import type { VolumeCapture } from '../domain/order-capture.ts';
import {
  layersBelow,
  rebased,
  sizeBytesOf,
  topLayer,
  volumesOf,
  withFreshLayer,
  withSettledLayers,
} from '../domain/volumes.ts';
import { guestSpec, readInstance } from '../driver/guest-spec.ts';
import { instanceLock, volumeLock } from '../driver/locks.ts';
import { TaskFailure, type TaskServices } from './task.ts';

export interface PivotOutput {
  /** The guest's file systems were at rest: frozen by its agent, or shut down. */
  consistent: boolean;
  /** How long the guest could not write. */
  pauseMs: number;
}

export interface UploadOutput extends VolumeCapture {
  root: string;
  sizeBytes: number;
  fullSizeBytes: number;
  storedBytes: number;
  sharedBytes: number;
}

/** What must not be done to a machine, or to a volume without one, at the same time. */
function machineLock(instanceId: string | undefined, volumeId: string | undefined): string {
  return instanceId === undefined ? `volume at rest ${volumeId}` : instanceLock(instanceId);
}

export async function pivot(
  services: TaskServices,
  instanceId: string | undefined,
  captures: readonly VolumeCapture[],
): Promise<PivotOutput> {
  return services.locks.hold(machineLock(instanceId, captures[0]?.volumeId), async () => {
    const captured = await services.catalog.write((transaction) => cut(transaction, captures));
    const { instance, attached } = await services.catalog.read(async (reader) => {
      const row = instanceId === undefined ? undefined : await reader.instances.get(instanceId);
      return { instance: row, attached: row ? await volumesOf(reader, row) : captured };
    });
    // Also a fresh layer of another capture, which was interrupted: the order of layers stays. And again what is pivoted
    // to already: the host then tells what came of it.
    const captureIds = new Set(captures.map(({ volumeId }) => volumeId));
    const wanted = attached.filter((volume) => topLayer(volume).fresh || captureIds.has(volume.id));
    const cuts = wanted.map((volume) => ({
      volumeId: volume.id,
      layer: topLayer(volume).number,
      sizeBytes: sizeBytesOf(volume),
    }));
    const { status, frozen, pauseMs } = await services.host.pivot({ instanceId, cuts });
    await settle(services, wanted);
    const shutDown = instance?.state === 'stopped' && !instance.forceStop;
    const atRest = status === 'shutdown' || (status === 'absent' && shutDown);
    return { consistent: atRest || frozen, pauseMs };
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

async function settle({ catalog }: TaskServices, volumes: readonly VolumeRow[]): Promise<void> {
  if (volumes.length === 0) return;
  await catalog.write(async (transaction) => {
    for (const { id } of volumes) {
      const volume = await transaction.volumes.get(id);
      if (volume) await transaction.volumes.update(withSettledLayers(volume));
    }
  });
}

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
  const layers = layersBelow(volume, snapshot.cutLayer).map(({ number }) => number);
  const onProgress = progressWriter(services, snapshot.id);
  const result = await services.host
    .upload({ volumeId: volume.id, sizeBytes, base: volume.base, layers }, { onProgress, signal })
    .catch(explain);
  const { root, fullSizeBytes, storedBytes, sharedBytes } = result;
  const ids = { volumeId: volume.id, snapshotId: snapshot.id };
  return { ...ids, root, sizeBytes, fullSizeBytes, storedBytes, sharedBytes };
}

/** What no second try will mend, in words for the client. */
function explain(error: unknown): never {
  const code = 'Server.InternalError';
  if (error instanceof BlockStoreFullError) {
    throw new TaskFailure(code, `${code}: the disk of the host is full; free some space.`);
  }
  if (error instanceof BlockCorruptError || error instanceof BlockMissingError) {
    throw new TaskFailure(code, `${code}: ${error.message}; imago fsck says what else needs it.`);
  }
  throw error;
}

/** Writes the snapshot's progress now and then; a progress that could not be written harms nobody. */
function progressWriter({ catalog, log }: TaskServices, snapshotId: string) {
  let writtenAt = Date.now();
  return (done: number, total: number) => {
    if (Date.now() - writtenAt < progressEveryMs) return;
    writtenAt = Date.now();
    // 100 % is told with `completed`.
    const progressPercent = Math.min(99, Math.floor((done / total) * 100));
    catalog
      .write(async ({ snapshots }) => {
        const row = await snapshots.get(snapshotId);
        if (row?.state === 'pending') await snapshots.update({ ...row, progressPercent });
      })
      .catch((error) => log.warn('progress could not be written', { snapshotId, error }));
  };
}

/** The captured layers give way to the snapshot's map, in the machine first and then on record. */
export async function rebase(services: TaskServices, uploaded: UploadOutput): Promise<void> {
  const { volumeId } = uploaded;
  await services.locks.hold(volumeLock(volumeId), async () => {
    const volume = await services.catalog.read(({ volumes }) => volumes.get(volumeId));
    await services.locks.hold(machineLock(volume?.attachment?.instanceId, volumeId), () =>
      rebaseVolume(services, uploaded),
    );
  });
}

async function rebaseVolume(services: TaskServices, uploaded: UploadOutput): Promise<void> {
  const { catalog, host } = services;
  const { volumeId, snapshotId } = uploaded;
  const base = { root: uploaded.root, sizeBytes: uploaded.sizeBytes };
  const before = await catalog.write(async ({ volumes, snapshots }) => {
    const row = await volumes.get(volumeId);
    const cutLayer = (await snapshots.get(snapshotId))?.cutLayer;
    if (!row || cutLayer === undefined) return undefined;
    const next = rebased(row, cutLayer, base);
    if (next !== row) await volumes.update({ ...row, nextBase: base });
    return { row, next, cutLayer };
  });
  if (!before) return;
  const { row, next, cutLayer } = before;
  if (next !== row) {
    const instanceId = row.attachment?.instanceId;
    const machine =
      instanceId !== undefined && (await host.status(instanceId)) !== 'absent'
        ? instanceId
        : undefined;
    if (machine !== undefined) await rebaseMachine(services, machine, next, base);
    await catalog.write(async ({ volumes }) => {
      const current = await volumes.get(volumeId);
      if (current) await volumes.update(rebased(current, cutLayer, base));
    });
    if (machine !== undefined) await tell(services, machine);
  }
  await host.removeLayers(
    volumeId,
    next.layers.map(({ number }) => number),
  );
}

async function rebaseMachine(
  services: TaskServices,
  instanceId: string,
  volume: VolumeRow,
  base: VolumeBase,
): Promise<void> {
  const keep = volume.layers[0];
  if (!keep) throw new Error(`volume ${volume.id} has no layer above its cut`);
  await tell(services, instanceId);
  await services.host.rebase(instanceId, volume.id, keep.number, base);
}

/** The bases that the rows name now are to be served. */
async function tell({ catalog, host, site }: TaskServices, instanceId: string): Promise<void> {
  const view = await catalog.read(async (reader) => {
    const instance = await reader.instances.get(instanceId);
    return instance && readInstance(reader, instance);
  });
  if (view) await host.apply(guestSpec(view, host.describe(), site), { start: false });
}

function gone(volumeId: string, snapshotId: string): TaskFailure {
  return new TaskFailure(
    'Client.InternalError',
    `The volume ${volumeId} or the snapshot ${snapshotId} is gone.`,
  );
}
