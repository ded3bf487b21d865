/**
 * A capture that fails leaves a layer on its volume. So that captures that fail again and again do
 * not make the chain longer than a machine should read through, one that finds too many first puts
 * a base in place of those below the top. What it cannot do, the capture could not have done
 * either: it fails, and cuts nothing.
 */
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { VolumeCapture } from '../domain/order-capture.ts';
import { capturedBase, sizeBytesOf } from '../domain/volumes.ts';
import { replaceBelow, uploadBelow } from './layers-below.ts';
import type { TaskServices } from './task.ts';
import { inUploadTurn } from './upload-turn.ts';

/** More than captures of one volume that succeed leave behind. */
export const layersMax = 8;

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
    await inUploadTurn(services, capture.volumeId, signal, () => merge(services, capture, signal));
  }
}

/** Undefined while others have still to read what it would replace. */
async function merge(
  services: TaskServices,
  { volumeId, snapshotId }: VolumeCapture,
  signal: AbortSignal,
): Promise<'done' | undefined> {
  const { volume, pending } = await services.catalog.read(async ({ volumes, snapshots }) => ({
    volume: await volumes.get(volumeId),
    pending: await snapshots.list({ where: { volumeId, state: 'pending' } }),
  }));
  if (!volume || !hasTooManyLayers(volume)) return 'done';
  // Layers that others have still to read stay; their captures make them fewer, or end.
  const isAwaited = pending.some(({ id, cutLayer }) => id !== snapshotId && cutLayer !== undefined);
  // A fresh one may turn out not to be there, and the guest writes below it.
  const cutLayer = volume.layers.findLast(({ fresh }) => !fresh)?.number;
  if (isAwaited || cutLayer === undefined) return undefined;
  const { root } = await uploadBelow(services, volume, cutLayer, { signal });
  const base = capturedBase(volume, root, sizeBytesOf(volume));
  await replaceBelow(services, { volumeId, cutLayer }, base);
  return 'done';
}
