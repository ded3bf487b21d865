/**
 * When garbage is collected: from time to time in the background, sooner when the disk is nearly
 * full, and when an operator orders it. One collection runs at a time.
 */
import { hasRoomEverywhere } from '../domain/capacity.ts';
import type { Host } from '../host/host.ts';
import { collectStores, type StoresCollectorServices } from './collect-stores.ts';
import type { CollectionReport } from './collector.ts';
import { Pace } from './pace.ts';
import { removeStrays, type StrayServices, type Strays } from './strays.ts';

export interface CollectionOrder {
  /** Default: an hour. */
  graceMs?: number;
  reportOnly?: boolean;
}

export interface Collection {
  /** Counted from 1 since Imago started. */
  id: number;
  state: 'running' | 'succeeded' | 'failed';
  reportOnly: boolean;
  startedAt: Date;
  endedAt?: Date;
  error?: string;
  report?: CollectionReport;
  /** Whose files no row named. */
  removed?: Strays;
}

export interface GarbageCollectorServices extends StoresCollectorServices, StrayServices {
  host: Host;
  /** What must be done with the rows as they are before blocks are removed that they do not name. */
  beforeCollection?(): Promise<void>;
  /** Is told when one begins, and when it has ended. */
  onChange?(collection: Collection): void;
}

/** Longer than any reader takes to be told of another base. */
export const usualGraceMs = 60 * 60_000;
const pressedGraceMs = 60_000;
const lookEveryMs = 60_000;
const collectEveryMs = 30 * 60_000;
/** Of the time that a collection in the background takes it works a quarter. */
const backgroundRestRatio = 3;

export class GarbageCollector {
  readonly #services: GarbageCollectorServices;
  readonly #stopping = new AbortController();
  #collections = 0;
  #last: Collection | undefined;
  /** Of the last that succeeded. */
  #report: CollectionReport | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextAt = performance.now() + lookEveryMs;

  constructor(services: GarbageCollectorServices) {
    this.#services = services;
  }

  /** In the background from now on. */
  start(): void {
    this.#timer = setTimeout(() => void this.#look(), lookEveryMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('Imago is stopping'));
    clearTimeout(this.#timer);
    await this.#running;
  }

  /** Begins at once; while one runs, that one is answered. */
  order({ graceMs = usualGraceMs, reportOnly = false }: CollectionOrder): Collection {
    return this.#begin(graceMs, reportOnly, new Pace(0));
  }

  /** The one that runs, or ran last. */
  describe(): Collection | undefined {
    return this.#last;
  }

  /** Bytes of the store as the last collection found them. */
  usage(): { blockBytes: number; reclaimableBytes: number } | undefined {
    if (!this.#report) return undefined;
    const { kept, found, waiting } = this.#report;
    const reclaimableBytes = found.bytes + waiting.bytes;
    return { blockBytes: kept.bytes + reclaimableBytes, reclaimableBytes };
  }

  /** Resolves when none runs. */
  async ended(): Promise<void> {
    await this.#running;
  }

  async #look(): Promise<void> {
    try {
      const pressed = !hasRoomEverywhere(await this.#services.host.measure());
      if (pressed || performance.now() >= this.#nextAt) {
        this.#nextAt = performance.now() + collectEveryMs;
        const graceMs = pressed ? pressedGraceMs : usualGraceMs;
        this.#begin(graceMs, false, new Pace(pressed ? 0 : backgroundRestRatio));
        await this.#running;
      }
    } catch (error) {
      this.#services.log.error('the host could not be measured', { error });
    }
    if (!this.#stopping.signal.aborted) this.start();
  }

  #begin(graceMs: number, reportOnly: boolean, pace: Pace): Collection {
    if (this.#running && this.#last) return this.#last;
    const { clock } = this.#services;
    const id = ++this.#collections;
    const collection: Collection = { id, state: 'running', reportOnly, startedAt: clock.now() };
    this.#last = collection;
    this.#services.onChange?.(collection);
    this.#running = this.#run(collection, graceMs, pace).finally(() => {
      this.#running = undefined;
      this.#services.onChange?.(collection);
    });
    return collection;
  }

  async #run(collection: Collection, graceMs: number, pace: Pace): Promise<void> {
    const { log, clock } = this.#services;
    const { reportOnly } = collection;
    const options = { graceMs, reportOnly, pace, signal: this.#stopping.signal };
    try {
      await this.#services.beforeCollection?.();
      collection.removed = await removeStrays(this.#services, { graceMs, reportOnly });
      const report = await collectStores(this.#services, options);
      collection.report = report;
      this.#report = report;
      collection.state = 'succeeded';
      const { condemned, freed, waiting } = report;
      const { removed } = collection;
      log.info('garbage was collected', { reportOnly, condemned, freed, waiting, removed });
    } catch (error) {
      collection.state = 'failed';
      collection.error = (error as Error).message;
      if (!this.#stopping.signal.aborted) log.error('garbage could not be collected', { error });
    }
    collection.endedAt = clock.now();
  }
}
