/**
 * The steps that turn volumes into snapshots, shared by create-image.ts and create-snapshot.ts:
 *
 *   pivot    the guest's file systems are frozen, all volumes get a new top layer at one point in
 *            time, thaw: pivot-step.ts
 *   upload   what lies below the cut goes into the block store, beside the running guest
 *   rebase   the machine (if it runs) and the row take the snapshot's map in place of what was
 *            captured; its files go
 *
 * `cutLayer` of the snapshot's row is the cut. Captures of one volume upload in the order of their
 * cuts, since a rebase takes away what an older cut would still have to read. Nothing before the
 * rebase takes anything away: a capture that fails leaves a volume with one layer more, whole and
 * true, which the next capture takes along; merge-layers.ts bounds their number.
 */
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { VolumeCapture } from '../domain/order-capture.ts';
import { capturedBase } from '../domain/volumes.ts';
import { uploadsLock } from '../driver/locks.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { replaceBelow, uploadBelow } from './layers-below.ts';
import { gone } from './pivot-step.ts';
import { progressWriter } from './snapshot-rows.ts';
import type { TaskServices } from './task.ts';
import { inUploadTurn } from './upload-turn.ts';

export interface UploadOutput extends VolumeCapture {
  root: string;
  sizeBytes: number;
  fullSizeBytes: number;
  storedBytes: number;
  sharedBytes: number;
}

/** Undefined when the snapshot was deleted while it was pending. */
export async function upload(
  services: TaskServices,
  capture: VolumeCapture,
  signal: AbortSignal,
): Promise<UploadOutput | undefined> {
  const { output } = await inUploadTurn(services, capture.volumeId, signal, async () => {
    const read = await readCapture(services, capture);
    if (!read) return { output: undefined };
    if (read.olderCut) return undefined;
    return { output: await uploadCut(services, read.volume, read.snapshot, signal) };
  });
  return output;
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
  { id: snapshotId, cutLayer, volumeSizeGiB }: SnapshotRow & { cutLayer: number },
  signal: AbortSignal,
): Promise<UploadOutput> {
  const onProgress = progressWriter(services, snapshotId);
  // The volume may be larger by now.
  const sizeBytes = volumeSizeGiB * gibBytes;
  const result = await uploadBelow(services, volume, cutLayer, { onProgress, signal, sizeBytes });
  const { root, fullSizeBytes, storedBytes, sharedBytes } = result;
  const ids = { volumeId: volume.id, snapshotId };
  return { ...ids, root, sizeBytes, fullSizeBytes, storedBytes, sharedBytes };
}

/** The captured layers give way to the snapshot's map, in the machine first and then on record. */
export async function rebase(services: TaskServices, uploaded: UploadOutput): Promise<void> {
  const { volumeId, snapshotId, root, sizeBytes } = uploaded;
  await services.locks.hold(uploadsLock(volumeId), async () => {
    const snapshot = await services.catalog.read(({ snapshots }) => snapshots.get(snapshotId));
    // Deleted while it was pending.
    if (snapshot?.cutLayer === undefined) return;
    const cut = { volumeId, cutLayer: snapshot.cutLayer };
    await replaceBelow(services, cut, capturedBase(snapshot, root, sizeBytes));
  });
}
