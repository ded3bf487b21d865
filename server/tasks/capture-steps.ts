/**
 * The steps that turn volumes into snapshots, shared by create-image.ts and create-snapshot.ts:
 *
 *   pivot    the guest's file systems are frozen, all volumes get a new top layer at one point in time, thaw: pivot-step.ts
 *   upload   what lies below the cut goes into the block store, beside the running guest
 *   rebase   the machine (if it runs) and the row take the snapshot's map in place of what was captured; its files go
 *
 * `cutLayer` of the snapshot's row is the cut. Captures of one volume upload in the order of their cuts, since a rebase takes
 * away what an older cut would still have to read. Nothing before the rebase takes anything away: a capture that fails leaves a
 * volume with one layer more, whole and true, which the next capture takes along.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { BlockCorruptError, BlockMissingError } from '../blocks/block-store.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { VolumeBase, VolumeRow } from '../catalog/rows/volume.ts';
import type { VolumeCapture } from '../domain/order-capture.ts';
import { layersBelow, rebased, sizeBytesOf } from '../domain/volumes.ts';
import { guestSpec, readInstance } from '../driver/guest-spec.ts';
import { uploadsLock } from '../driver/locks.ts';
import { holdVolumes } from '../driver/volume-locks.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { gone } from './pivot-step.ts';
import { TaskFailure, type TaskServices } from './task.ts';

export interface UploadOutput extends VolumeCapture {
  root: string;
  sizeBytes: number;
  fullSizeBytes: number;
  storedBytes: number;
  sharedBytes: number;
}

/** Only where captures of one volume overlap. */
const turnPollMs = 250;
/** Often enough for a progress bar, seldom enough for the catalog. */
const progressEveryMs = 1000;

/** Undefined when the snapshot was deleted while it was pending. */
export async function upload(
  services: TaskServices,
  capture: VolumeCapture,
  signal: AbortSignal,
): Promise<UploadOutput | undefined> {
  for (;;) {
    const done = await services.locks.hold(uploadsLock(capture.volumeId), async () => {
      const read = await readCapture(services, capture);
      if (!read) return { output: undefined };
      if (read.olderCut) return undefined;
      return { output: await uploadCut(services, read.volume, read.snapshot, signal) };
    });
    if (done) return done.output;
    await delay(turnPollMs, undefined, { signal });
  }
}

async function readCapture({ catalog }: TaskServices, { volumeId, snapshotId }: VolumeCapture) {
  return catalog.read(async (reader) => {
    const volume = await reader.volumes.get(volumeId);
    const pending = await reader.snapshots.list({ where: { volumeId, state: 'pending' } });
    const snapshot = pending.find(({ id }) => id === snapshotId);
    if (!snapshot && !(await reader.snapshots.get(snapshotId))) return undefined;
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
  const request = { volumeId: volume.id, sizeBytes, base: volume.base, layers };
  const result = await whileThereIsRoom(services, signal, (whileRoom) =>
    services.uploads.run(() => services.host.upload(request, { onProgress, signal: whileRoom })),
  ).catch(explain);
  const { root, fullSizeBytes, storedBytes, sharedBytes } = result;
  const ids = { volumeId: volume.id, snapshotId: snapshot.id };
  return { ...ids, root, sizeBytes, fullSizeBytes, storedBytes, sharedBytes };
}

/** What no second try will mend, in words for the client. */
function explain(error: unknown): never {
  const code = 'Server.InternalError';
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
  await services.locks.hold(uploadsLock(volumeId), () =>
    holdVolumes(services, [volumeId], (instanceId) => rebaseVolume(services, uploaded, instanceId)),
  );
}

async function rebaseVolume(
  services: TaskServices,
  uploaded: UploadOutput,
  instanceId: string | undefined,
): Promise<void> {
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
  await removeCaptured(services, next, instanceId);
}

/** All but what the row names, and what a pivot may have made above it that nobody heard of. */
async function removeCaptured(
  { host }: TaskServices,
  { id: volumeId, layers }: VolumeRow,
  instanceId: string | undefined,
): Promise<void> {
  const named = layers.map(({ number }) => number);
  const top = Math.max(...named);
  const late = (await host.layersOf({ volumeId, instanceId })).filter((number) => number > top);
  await host.removeLayers(volumeId, [...named, ...late]);
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
async function tell({ catalog, host }: TaskServices, instanceId: string): Promise<void> {
  const view = await catalog.read(async (reader) => {
    const instance = await reader.instances.get(instanceId);
    return instance && readInstance(reader, instance);
  });
  if (view) await host.apply(guestSpec(view, host.describe()), { start: false });
}
