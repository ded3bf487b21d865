/**
 * A launch syncs no layer: until its guest flushes, a power cut takes nothing away that anybody was
 * promised. A later look, or the end of the guest, makes what was written down true for good.
 */
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { freshLayers, withSettledLayers } from '../domain/volumes.ts';
import type { DriverServices } from './services.ts';

export async function settleLayers(
  { catalog, host }: Pick<DriverServices, 'catalog' | 'host'>,
  attached: readonly VolumeRow[],
): Promise<void> {
  const synced = new Map<string, number[]>();
  for (const volume of attached) {
    const fresh = freshLayers(volume);
    if (fresh.length === 0) continue;
    // One that is not there is of a pivot that is not done.
    const instanceId = volume.attachment?.instanceId;
    const found = await host.layersOf({ volumeId: volume.id, instanceId });
    const there = fresh.filter((number) => found.includes(number));
    if (there.length === 0) continue;
    await host.syncLayers(volume.id, there);
    synced.set(volume.id, there);
  }
  if (synced.size === 0) return;
  await catalog.write(async ({ volumes }) => {
    for (const [id, numbers] of synced) {
      const row = await volumes.get(id);
      if (row) await volumes.update(withSettledLayers(row, numbers));
    }
  });
}
