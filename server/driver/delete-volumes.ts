/**
 * The end of volumes that are `deleting`: their layers, then their rows. One that a capture still
 * reads stays until the capture has ended, which calls this again.
 */
import type { DriverServices } from './services.ts';

export async function deleteVolumes(
  { catalog, host, log, site }: Pick<DriverServices, 'catalog' | 'host' | 'log' | 'site'>,
  ids?: readonly string[],
): Promise<void> {
  const deletable = await catalog.read(async (reader) => {
    const volumes = await reader.volumes.list({
      where: { id: ids, state: 'deleting', host: site.hostId },
    });
    const where = { volumeId: volumes.map(({ id }) => id), state: 'pending' };
    const captured = await reader.snapshots.list({ where });
    const busy = new Set(captured.map(({ volumeId }) => volumeId));
    return volumes.filter(({ id }) => !busy.has(id)).map(({ id }) => id);
  });
  if (deletable.length === 0) return;
  for (const id of deletable) await host.removeVolume(id);
  await catalog.write(async ({ volumes }) => {
    for (const id of deletable) await volumes.delete(id);
  });
  log.info('volumes deleted', { volumes: deletable });
}
