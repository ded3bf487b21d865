/**
 * Brings the rows of volumes in line with the layers that are really there. A pivot that failed, or
 * whose end nobody heard of, may have been carried out all the same, at once or later. So whoever
 * cuts a volume, takes a cut back or starts a machine on it asks the host first:
 *
 *   fresh, and there        settled: a machine may have written to it
 *   fresh, and not there    dropped, with the cut of the snapshot that it was made for
 *   there, above the rest   taken up: its pivot came after it had been dropped
 *
 * Under the volume's lock and its instance's.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import { reconciled, unsettled } from '../domain/volumes.ts';
import type { DriverServices } from './services.ts';

export async function reconcileLayers(
  { catalog, host }: Pick<DriverServices, 'catalog' | 'host'>,
  volumeIds: readonly string[],
  instanceId: string | undefined,
): Promise<void> {
  const rows = await catalog.read(({ volumes }) => volumes.list({ where: { id: volumeIds } }));
  const found = new Map<string, number[]>();
  for (const volume of rows) {
    const numbers = await host.layersOf({ volumeId: volume.id, instanceId });
    const unsynced = unsettled(volume, numbers);
    if (unsynced.length > 0) await host.syncLayers(volume.id, unsynced);
    found.set(volume.id, numbers);
  }
  await catalog.write(async (transaction) => {
    for (const [volumeId, numbers] of found) await reconcile(transaction, volumeId, numbers);
  });
}

async function reconcile(
  { volumes, snapshots }: CatalogTransaction,
  volumeId: string,
  found: readonly number[],
): Promise<void> {
  const volume = await volumes.get(volumeId);
  if (!volume) return;
  const next = reconciled(volume, found);
  if (next === volume) return;
  await volumes.update(next);
  const numbers = new Set(next.layers.map(({ number }) => number));
  const dropped = volume.layers.filter(({ number }) => !numbers.has(number));
  for (const snapshot of await snapshots.list({ where: { volumeId, state: 'pending' } })) {
    if (!dropped.some(({ number }) => number === snapshot.cutLayer)) continue;
    const { cutLayer: _, ...uncut } = snapshot;
    await snapshots.update(uncut);
  }
}
