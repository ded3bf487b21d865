/** Files of volumes on this host: one a layer, in a folder a volume. */
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { createLayer } from '../../disk/qcow2-create.ts';
import { Qcow2Error } from '../../disk/qcow2-format.ts';
import { openLayer } from '../../disk/qcow2-layer.ts';
import type { Home } from '../../foundations/home.ts';
import type { GuestDisk } from '../host.ts';

/** QEMU's user goes through it to its own files, and lists nothing. */
const folderMode = 0o711;

/** A layer that is not fresh is never made anew: without its file the volume is broken, and must not look empty. */
export async function createFreshLayers(
  home: Home,
  { volumeId, layers, sizeBytes }: Pick<GuestDisk, 'volumeId' | 'layers' | 'sizeBytes'>,
): Promise<void> {
  const folder = home.volumeFolder(volumeId);
  await mkdir(folder, { recursive: true });
  await chmod(folder, folderMode);
  for (const { number } of layers.filter((layer) => layer.fresh)) {
    await createLayer(home.layerFile(volumeId, number), sizeBytes).catch(
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      },
    );
  }
}

/** Numbers of the layers whose files are whole, lowest first. */
export async function layersAtRest(home: Home, volumeId: string): Promise<number[]> {
  const names = await readdir(home.volumeFolder(volumeId)).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const numbers: number[] = [];
  for (const name of names) {
    const number = Number(/^(\d+)\.qcow2$/.exec(name)?.[1] ?? Number.NaN);
    if (Number.isNaN(number) || !(await isLayer(home.layerFile(volumeId, number)))) continue;
    numbers.push(number);
  }
  return numbers.sort((a, b) => a - b);
}

async function isLayer(file: string): Promise<boolean> {
  try {
    await (await openLayer(file)).close();
    return true;
  } catch (error) {
    if (error instanceof Qcow2Error) return false;
    throw error;
  }
}

export async function removeLayers(
  home: Home,
  volumeId: string,
  keep: readonly number[],
): Promise<void> {
  const folder = home.volumeFolder(volumeId);
  const kept = new Set(keep.map((number) => home.layerFile(volumeId, number)));
  for (const file of await readdir(folder).catch(() => [])) {
    const found = path.join(folder, file);
    if (!kept.has(found)) await rm(found, { force: true });
  }
}
