/**
 * Who changes the layers of volumes holds their locks and that of the instance that has them as
 * disks. Which instance that is, is looked up under the locks: an order may be older than what
 * became of it.
 */
import { instanceLock, volumeLock } from './locks.ts';
import type { DriverServices } from './services.ts';

/** `work` is told the instance; undefined where the volumes are at rest for good. */
export function holdVolumes<T>(
  services: DriverServices,
  volumeIds: readonly string[],
  work: (instanceId: string | undefined) => Promise<T>,
): Promise<T> {
  const sorted = [...new Set(volumeIds)].sort();
  // The lowest is taken first, so that no two callers wait for each other.
  return sorted.reduceRight(
    (inner: () => Promise<T>, id) => () => services.locks.hold(volumeLock(id), inner),
    () => holdInstanceOf(services, sorted, work),
  )();
}

async function holdInstanceOf<T>(
  services: DriverServices,
  volumeIds: readonly string[],
  work: (instanceId: string | undefined) => Promise<T>,
): Promise<T> {
  for (;;) {
    const instanceId = await readInstanceOf(services, volumeIds);
    if (instanceId === undefined) return work(undefined);
    const done = await services.locks.hold(instanceLock(instanceId), async () =>
      // It may have been terminated while its lock was waited for.
      (await readInstanceOf(services, volumeIds)) === instanceId
        ? { result: await work(instanceId) }
        : undefined,
    );
    if (done) return done.result;
  }
}

/** The volumes of one capture are those of one instance, or of none since it was terminated. */
async function readInstanceOf(
  { catalog }: DriverServices,
  volumeIds: readonly string[],
): Promise<string | undefined> {
  const rows = await catalog.read(({ volumes }) => volumes.list({ where: { id: volumeIds } }));
  const ids = new Set(rows.map(({ attachment }) => attachment?.instanceId));
  if (ids.size > 1) throw new Error(`${volumeIds.join(', ')} are not disks of one instance`);
  return [...ids][0];
}
