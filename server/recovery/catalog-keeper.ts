/**
 * Seals the catalog into every block store that is here: after changes, and at most every few
 * minutes; before garbage is collected, so that what the newest one names is there; and when Imago
 * stops. One store that cannot be written bars no other. Without a key it tells why there is none.
 */
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Sealing } from '../blocks/sealed-blocks.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Changes } from '../catalog/changes.ts';
import type { TableName } from '../catalog/table-rows.ts';
import type { Clock } from '../domain/identity.ts';
import type { Files } from '../files/files.ts';
import type { Log } from '../foundations/log.ts';
import { readCatalogRecord } from './catalog-record.ts';
import { keyToSealWith, type RecoveryKey, type RecoveryKeySource } from './recovery-key.ts';
import { type CatalogFacts, sealCatalog } from './sealed-catalog.ts';

/** Several changes come at once. */
const settleMs = 5_000;
const leastBetweenMs = 5 * 60_000;
/** Of the time that sealing takes it rests this many times as long. */
const restRatio = 30;
/** For what is written by others who share the catalog. */
const lookEveryMs = 60 * 60_000;

/** They change by themselves, or say nothing without what else changes. */
const ofNoMatter: ReadonlySet<TableName> = new Set([
  'leases',
  'sessions',
  'tasks',
  'clientTokens',
  'storageDays',
]);

export interface CatalogKeeperServices {
  catalog: Catalog;
  blocks: BlockStores;
  files: Files;
  clock: Clock;
  log: Log;
  sealing?: Sealing;
  /** Absent: nothing is sealed. */
  source?: RecoveryKeySource;
  facts(): Promise<CatalogFacts>;
}

export interface CatalogKeeping {
  /** Why nothing is sealed. */
  problem?: string;
  /** When the newest was sealed that all stores have, if one was. */
  sealedAt?: string;
  /** Something has changed since, and could not be sealed. */
  failed?: string;
}

export class CatalogKeeper implements AsyncDisposable {
  readonly #services: CatalogKeeperServices;
  readonly #now: () => number;
  #key: RecoveryKey | undefined;
  #problem: string | undefined;
  #sealedAt: string | undefined;
  #failed: string | undefined;
  #dirty = true;
  #stopped = false;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #notBefore = 0;

  constructor(services: CatalogKeeperServices) {
    this.#services = services;
    this.#now = () => services.clock.monotonicMs();
  }

  /** What is there already may be of another host: the first is sealed at once. */
  async start(): Promise<void> {
    const { source, log } = this.#services;
    try {
      if (source) this.#key = await this.#openKey(source);
      else this.#problem = 'no passphrase or key file is named to seal the catalog with';
    } catch (error) {
      this.#problem = (error as Error).message;
      log.error('the catalog is not sealed into the block stores', { error });
    }
    this.#schedule(settleMs);
  }

  noticed(changes: Changes): void {
    if (this.#dirty || ![...changes.keys()].some((table) => !ofNoMatter.has(table))) return;
    this.#dirty = true;
    this.#schedule(Math.max(settleMs, this.#notBefore - this.#now()));
  }

  /** Resolves when what was committed before the call is sealed, or could not be. */
  async settled(): Promise<void> {
    await this.#running;
    // Another who waited may have begun it.
    await (this.#dirty ? this.#seal() : this.#running);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.settled();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  describe(): CatalogKeeping {
    return { problem: this.#problem, sealedAt: this.#sealedAt, failed: this.#failed };
  }

  async #openKey(source: RecoveryKeySource): Promise<RecoveryKey> {
    const { blocks, files, clock } = this.#services;
    const records = await Promise.all(blocks.list().map(({ store }) => readCatalogRecord(store)));
    const known = records.flatMap((record) => record?.keys ?? []);
    return keyToSealWith(files, known, source, clock.now());
  }

  #schedule(inMs: number): void {
    if (!this.#key || this.#stopped) return;
    clearTimeout(this.#timer);
    const look = () => {
      this.#dirty = true;
      void this.#seal();
    };
    this.#timer = setTimeout(look, inMs).unref();
  }

  #seal(): Promise<void> {
    this.#running ??= this.#sealAll().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #sealAll(): Promise<void> {
    const { blocks, clock, log } = this.#services;
    const key = this.#key;
    if (!key) return;
    const startedAt = this.#now();
    const now = clock.now();
    this.#dirty = false;
    let failed: string | undefined;
    for (const { store } of blocks.list()) {
      try {
        const facts = await this.#services.facts();
        await sealCatalog({ ...this.#services, store, key, facts, now });
      } catch (error) {
        failed = (error as Error).message;
        log.error('the catalog could not be sealed into a block store', { error });
      }
    }
    this.#failed = failed;
    if (failed !== undefined) this.#dirty = true;
    if (failed === undefined) this.#sealedAt = now.toISOString();
    const took = this.#now() - startedAt;
    const restMs = Math.max(leastBetweenMs, restRatio * took);
    this.#notBefore = this.#now() + restMs;
    this.#schedule(this.#dirty ? restMs : lookEveryMs);
  }
}
