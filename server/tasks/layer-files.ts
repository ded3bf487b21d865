/** Files of volumes: made when a machine or a capture needs them, removed when no row names them any more. */
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { createLayer } from '../disk/qcow2-create.ts';
import { sizeBytesOf } from '../domain/volumes.ts';
import type { Home } from '../foundations/home.ts';
import type { TaskServices } from './task.ts';

/** QEMU's user goes through it to its own files, and lists nothing. */
const folderMode = 0o711;

/** A layer that is not fresh is never made anew: without its file the volume is broken, and must not look empty. */
export async function createFreshLayers(home: Home, volume: VolumeRow): Promise<void> {
  const folder = home.volumeFolder(volume.id);
  await mkdir(folder, { recursive: true });
  await chmod(folder, folderMode);
  for (const { number } of volume.layers.filter((layer) => layer.fresh)) {
    await createLayer(home.layerFile(volume.id, number), sizeBytesOf(volume)).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}

/** Of layers that were captured and of pivots that never were. */
export async function removeStrayLayers(home: Home, volume: VolumeRow): Promise<void> {
  const folder = home.volumeFolder(volume.id);
  const named = new Set(volume.layers.map(({ number }) => home.layerFile(volume.id, number)));
  for (const file of await readdir(folder).catch(() => [])) {
    const found = path.join(folder, file);
    if (!named.has(found)) await rm(found, { force: true });
  }
}

/**
 * Removes volumes that are `deleting`: their files, then their rows. One that a capture still reads stays until the capture
 * has ended, which calls this again.
 */
export async function deleteVolumes(
  { catalog, home, log }: TaskServices,
  ids?: readonly string[],
): Promise<void> {
  const deletable = await catalog.read(async (reader) => {
    const volumes = await reader.volumes.list({ where: { id: ids, state: 'deleting' } });
    const captured = await reader.snapshots.list({ where: { state: 'pending' } });
    const busy = new Set(captured.map(({ volumeId }) => volumeId));
    return volumes.filter(({ id }) => !busy.has(id)).map(({ id }) => id);
  });
  if (deletable.length === 0) return;
  for (const id of deletable) await rm(home.volumeFolder(id), { recursive: true, force: true });
  await catalog.write(async ({ volumes }) => {
    for (const id of deletable) await volumes.delete(id);
  });
  log.info('volumes deleted', { volumes: deletable });
}
