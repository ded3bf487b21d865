/**
 * How the block stores grow: what they hold is measured once a day, and kept for a year and some
 * weeks. An Imago that does not run long enough on a day has no row of it; nothing is made up.
 */
import type { Catalog } from '../catalog/catalog.ts';
import type { StorageDayRow } from '../catalog/rows/storage-day.ts';
import type { Clock } from '../domain/identity.ts';
import type { Log } from '../foundations/log.ts';
import type { StorageUsage, StorageUsageReport } from './storage-usage.ts';

/** A start has other things to do. */
const firstAfterMs = 10 * 60_000;
const everyMs = 60 * 60_000;
export const daysMax = 400;
/** Of one day. */
const accountsMax = 100;

export interface StorageHistoryServices {
  catalog: Catalog;
  storage: StorageUsage;
  clock: Clock;
  log: Log;
}

export class StorageHistory {
  readonly #services: StorageHistoryServices;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;

  constructor(services: StorageHistoryServices) {
    this.#services = services;
  }

  start(): void {
    this.#after(firstAfterMs);
  }

  /** What is being measured is ended by whoever measures. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Measures, where today has no row yet. */
  async record(): Promise<void> {
    const { catalog, storage, clock } = this.#services;
    const id = clock.now().toISOString().slice(0, 'yyyy-mm-dd'.length);
    if (await catalog.read(({ storageDays }) => storageDays.get(id))) return;
    await storage.look();
    await storage.ended();
    const { report } = await storage.look();
    // Why there is none is told by whoever measures.
    if (!report) return;
    await catalog.write(async ({ storageDays }) => {
      // Another Imago of this catalog may have been first.
      if (await storageDays.get(id)) return;
      await storageDays.insert({ id, ...dayOf(report) });
      const days = await storageDays.list();
      for (const day of days.slice(0, -daysMax)) await storageDays.delete(day.id);
    });
  }

  #after(ms: number): void {
    const { log } = this.#services;
    this.#timer = setTimeout(() => {
      this.#running = this.record()
        .catch((error) => log.error('what is stored could not be recorded', { error }))
        .finally(() => {
          this.#running = undefined;
        });
      this.#after(everyMs);
    }, ms).unref();
  }
}

function dayOf({ measuredAt, neededBytes, accounts }: StorageUsageReport) {
  return {
    measuredAt: measuredAt.toISOString(),
    neededBytes,
    accounts: accounts.slice(0, accountsMax),
  } satisfies Omit<StorageDayRow, 'id'>;
}
