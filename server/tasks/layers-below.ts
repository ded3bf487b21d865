/**
 * What lies below a cut: uploaded as a block map, and replaced by it in the machine and on record.
 * Until it is replaced, base and layers as written down are the volume's whole content, so nothing
 * of this needs an undo. Both under the lock of the volume's uploads, since the layers must stay
 * meanwhile.
 */
import { BlockCorruptError, BlockMissingError } from '../blocks/block-store.ts';
import { StoreAbsentError } from '../blocks/block-stores.ts';
import type { VolumeBase, VolumeRow } from '../catalog/rows/volume.ts';
import type { UploadResult } from '../disk/upload-layers.ts';
import { layersBelow, rebased, rebasing, sizeBytesOf } from '../domain/volumes.ts';
import { guestSpec, readInstance } from '../driver/guest-spec.ts';
import { holdVolumes } from '../driver/volume-locks.ts';
import type { UploadOptions } from '../host/host.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { TaskFailure, type TaskServices } from './task.ts';

export interface CutOfVolume {
  volumeId: string;
  cutLayer: number;
}

export async function uploadBelow(
  services: TaskServices,
  volume: VolumeRow,
  cutLayer: number,
  {
    onProgress,
    signal,
    sizeBytes = sizeBytesOf(volume),
  }: UploadOptions & { signal: AbortSignal; sizeBytes?: number },
): Promise<UploadResult> {
  const { id: volumeId, region, base, encryption } = volume;
  const layers = layersBelow(volume, cutLayer).map(({ number }) => number);
  const request = { volumeId, region, sizeBytes, base, layers, encryption };
  const upload = () =>
    whileThereIsRoom(services, region, signal, (whileRoom) =>
      services.host.upload(request, { onProgress, signal: whileRoom }),
    );
  return services.uploads.run(upload).catch(explainUnreadable);
}

/** What no second try will mend, in words for the client. */
export function explainUnreadable(error: unknown): never {
  const code = 'Server.InternalError';
  if (error instanceof BlockCorruptError || error instanceof BlockMissingError) {
    throw new TaskFailure(code, `${code}: ${error.message}; imago fsck says what else needs it.`);
  }
  if (error instanceof StoreAbsentError) throw new TaskFailure(code, `${code}: ${error.message}.`);
  throw error;
}

export async function replaceBelow(
  services: TaskServices,
  cut: CutOfVolume,
  base: VolumeBase,
): Promise<void> {
  for (;;) {
    const done = await holdVolumes(services, [cut.volumeId], (instanceId) =>
      replaceHeld(services, cut, base, instanceId),
    );
    if (done) return;
  }
}

/** False where the volume has been attached, or detached, since it was looked whose it is. */
async function replaceHeld(
  services: TaskServices,
  { volumeId, cutLayer }: CutOfVolume,
  base: VolumeBase,
  instanceId: string | undefined,
): Promise<boolean> {
  const { catalog, host } = services;
  const before = await catalog.write(async ({ volumes }) => {
    const row = await volumes.get(volumeId);
    if (!row || row.attachment?.instanceId !== instanceId) return { row };
    const next = rebased(row, cutLayer, base);
    // Whoever attaches one that nobody has finds it whole: replaced or not.
    if (next !== row) await volumes.update(row.attachment ? rebasing(row, base) : next);
    return { row, next };
  });
  const { row, next } = before;
  if (!row || !next) return !row;
  if (next !== row && row.attachment) {
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
  await removeReplaced(services, next, instanceId);
  return true;
}

/** All but what the row names, and what a pivot may have made above it that nobody heard of. */
async function removeReplaced(
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
