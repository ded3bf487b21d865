/**
 * A capture that fails leaves a layer on its volume. So that captures that fail again and again do not
 * make the chain longer than a machine should read through, one that finds too many first puts a base
 * in place of those below the top. What it cannot do, the capture could not have done either: it fails,
 * and cuts nothing.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { VolumeCapture } from '../domain/order-capture.ts';
import { sizeBytesOf } from '../domain/volumes.ts';
import { uploadsLock } from '../driver/locks.ts';
import { replaceBelow, uploadBelow } from './layers-below.ts';
import type { TaskServices } from './task.ts';

/** More than captures of one volume that succeed leave behind. */
export const layersMax = 8;
/** While captures of the same volume that are before it come to their end. */
const turnPollMs = 250;

export function hasTooManyLayers({ layers }: VolumeRow): boolean {
  return layers.length >= layersMax;
}

/** Before the cut of these captures. */
export async function mergeLayers(
  services: TaskServices,
  captures: readonly VolumeCapture[],
  signal: AbortSignal,
): Promise<void> {
  for (const capture of captures) {
    while (!(await merge(services, capture, signal))) {
      await delay(turnPollMs, undefined, { signal });
    }
  }
}

/** Answers whether the wait is over. */
async function merge(
  services: TaskServices,
  { volumeId, snapshotId }: VolumeCapture,
  signal: AbortSignal,
): Promise<boolean> {
  return services.locks.hold(uploadsLock(volumeId), async () => {
    const { volume, pending } = await services.catalog.read(async ({ volumes, snapshots }) => ({
      volume: await volumes.get(volumeId),
      pending: await snapshots.list({ where: { volumeId, state: 'pending' } }),
    }));
    if (!volume || !hasTooManyLayers(volume)) return true;
    // Layers that others have still to read stay; their captures make them fewer, or end.
    if (pending.some(({ id, cutLayer }) => id !== snapshotId && cutLayer !== undefined)) {
      return false;
    }
    // A fresh one may turn out not to be there, and the guest writes below it.
    const cutLayer = volume.layers.findLast(({ fresh }) => !fresh)?.number;
    if (cutLayer === undefined) return false;
    const { root } = await uploadBelow(services, volume, cutLayer, { signal });
    await replaceBelow(services, { volumeId, cutLayer }, { root, sizeBytes: sizeBytesOf(volume) });
    return true;
  });
}
