/**
 * Volumes that come to a guest that runs, leave it, or are changed under it: the guest's document
 * says what is to be, the host's answer what is, and the rows follow it. Under the instance's lock.
 * The states are domain/volume-attachments.ts's.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import type { Clock } from '../domain/identity.ts';
import { atRest, attached, detached, isLeaving, kept } from '../domain/volume-attachments.ts';
import { modified } from '../domain/volume-modifications.ts';
import { volumesOf } from '../domain/volumes.ts';
import type { Applied } from '../host/host.ts';
import type { DriverServices } from './services.ts';
import { settleLayers } from './settle-layers.ts';

/** A guest that has not let go, or a place that is not free yet. */
const askAgainMs = 5000;
/** Then a volume that its guest does not let go of is shown as busy. */
const letGoMs = 15_000;

/** Since when guests have been asked to let go, by volume; after a restart they have time anew. */
export class AskedSince {
  readonly #clock: Clock;
  #sinceMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Those of the volumes that have had their time. */
  overdue(leaving: readonly string[]): string[] {
    const now = this.#clock.monotonicMs();
    this.#sinceMs = new Map(leaving.map((id) => [id, this.#sinceMs.get(id) ?? now]));
    return leaving.filter((id) => now - (this.#sinceMs.get(id) ?? now) >= letGoMs);
  }
}

/** The row of one of them is to be another once the host has answered. */
export function areMoving(volumes: readonly VolumeRow[]): boolean {
  return volumes.some(
    ({ attachment, modification }) =>
      attachment?.state !== undefined || modification?.state === 'modifying',
  );
}

/** Answers when to ask again, if anybody is to be asked again. */
export async function takeWord(
  services: DriverServices,
  { id }: InstanceRow,
  volumes: readonly VolumeRow[],
  { leaving, waiting }: Applied,
  asked: AskedSince,
): Promise<number | undefined> {
  const { catalog, clock, host, log } = services;
  const gone = volumes.filter((volume) => isLeaving(volume) && !leaving.includes(volume.id));
  // Before somebody else may have them.
  for (const volume of gone) await host.takeBack(volume.id);
  await settleLayers(services, gone);
  const overdue = asked.overdue(leaving);
  const now = clock.now();
  await catalog.write(async (transaction) => {
    for (const before of volumes) {
      const row = await transaction.volumes.get(before.id);
      if (row?.attachment?.instanceId !== id) continue;
      // What was asked for since is for the next look.
      if (isLeaving(row) !== isLeaving(before)) continue;
      const next = moved(row);
      if (next !== row) await transaction.volumes.update(next);
    }
  });
  if (gone.length > 0) log.info('volumes detached', { instanceId: id, volumes: idsOf(gone) });
  if (leaving.length + waiting.length > 0) return askAgainMs;
  // The layers of what has come are settled by another look.
  return volumes.some(({ attachment }) => attachment?.state === 'attaching') ? 0 : undefined;

  function moved(row: VolumeRow): VolumeRow {
    if (leaving.includes(row.id)) return overdue.includes(row.id) ? kept(row) : row;
    if (isLeaving(row)) return modified(detached(row), now);
    if (waiting.includes(row.id)) return row;
    const isAsTold = isSame(row, volumes);
    return isAsTold ? modified(attached(row), now) : attached(row);
  }
}

/** Of an instance whose machine has ended. */
export async function settleAtRest(
  transaction: CatalogTransaction,
  instance: Pick<InstanceRow, 'id'>,
  now: Date,
): Promise<void> {
  for (const row of await volumesOf(transaction, instance)) {
    const next = modified(atRest(row), now);
    if (next !== row) await transaction.volumes.update(next);
  }
}

/** The machine was told of this modification. */
function isSame({ id, modification }: VolumeRow, told: readonly VolumeRow[]): boolean {
  const before = told.find((each) => each.id === id);
  return before?.modification?.startedAt === modification?.startedAt;
}

function idsOf(volumes: readonly VolumeRow[]): string[] {
  return volumes.map(({ id }) => id);
}
