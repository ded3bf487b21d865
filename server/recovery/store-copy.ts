/**
 * Keeps a second block store in step: all snapshots, and the catalogs that are sealed, so that an
 * Imago is brought back from there as well. A round copies what is not there yet and then collects
 * what no snapshot and no sealed catalog needs any more, unless the store is locked. Keys stay
 * here: what is sealed is copied as it is.
 */
import type { BlockStore, Digest } from '../blocks/block-store.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { BlockRoots } from '../domain/block-roots.ts';
import type { Clock } from '../domain/identity.ts';
import type { Log } from '../foundations/log.ts';
import { type CatalogRecord, readCatalogRecord, writeCatalogRecord } from './catalog-record.ts';
import { type CopyCounts, MapCopier } from './copy-maps.ts';

export interface StoreCopyServices {
  folder: string;
  /** Undefined: it is not here now. */
  open(): Promise<BlockStore | undefined>;
  catalog: Catalog;
  blocks: BlockStores;
  /** The newest catalog is sealed. */
  settled(): Promise<void>;
  /** Removes what nothing needs, in two steps with a grace between. */
  collect(store: BlockStore, roots: () => Promise<BlockRoots>): Promise<unknown>;
  clock: Clock;
  log: Log;
  bytesPerSecond?: number;
  /** Between the end of a round and the next. */
  everyMs?: number;
}

export interface CopyState {
  folder: string;
  /** Of the round under way, or the last one. */
  copied: CopyCounts;
  snapshots: { done: number; total: number };
  running: boolean;
  /** When the last round began that was ended: all of before is there. */
  completeAsOf?: string;
  problem?: string;
}

const firstAfterMs = 5_000;
const usualEveryMs = 60_000;

async function condemnedIn(store: BlockStore): Promise<Set<Digest>> {
  const found = new Set<Digest>();
  await using collection = await store.collect();
  for (const { id } of await collection.rounds()) {
    for await (const { digest } of collection.condemned(id)) found.add(digest);
  }
  return found;
}

export class StoreCopy implements AsyncDisposable {
  readonly #services: StoreCopyServices;
  readonly #stopping = new AbortController();
  #state: CopyState;
  #store: BlockStore | undefined;
  #running: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: StoreCopyServices) {
    this.#services = services;
    const none = { copied: { blocks: 0, bytes: 0 }, snapshots: { done: 0, total: 0 } };
    this.#state = { folder: services.folder, ...none, running: false };
  }

  /** In the background from now on. */
  start(inMs = firstAfterMs): void {
    const { everyMs = usualEveryMs } = this.#services;
    if (this.#stopping.signal.aborted) return;
    const look = () => void this.round().then(() => this.start(everyMs));
    this.#timer = setTimeout(look, inMs).unref();
  }

  describe(): CopyState {
    return this.#state;
  }

  /** Begins at once; while one is under way, that one. */
  round(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort(new Error('Imago is stopping'));
    clearTimeout(this.#timer);
    await this.#running;
    await this.#store?.close();
  }

  async #round(): Promise<void> {
    const { folder, clock, log, open } = this.#services;
    const { completeAsOf } = this.#state;
    const copied = { blocks: 0, bytes: 0 };
    const began = clock.now().toISOString();
    this.#state = { folder, copied, snapshots: { done: 0, total: 0 }, running: true, completeAsOf };
    try {
      this.#store ??= await open();
      if (!this.#store) throw new Error(`the store is not in ${folder} now`);
      await this.#copyAll(this.#store, copied);
      this.#state = { ...this.#state, running: false, completeAsOf: began };
      if (copied.blocks > 0) log.info('blocks were copied', { folder, ...copied });
    } catch (error) {
      const problem = (error as Error).message;
      this.#state = { ...this.#state, running: false, problem };
      if (!this.#stopping.signal.aborted)
        log.error('blocks could not be copied', { folder, error });
    }
  }

  async #copyAll(target: BlockStore, counts: CopyCounts): Promise<void> {
    const { blocks, bytesPerSecond, settled, collect } = this.#services;
    await settled();
    const [main] = blocks.list();
    const record = main && (await readCatalogRecord(main.store));
    const roots = await this.#snapshotRoots();
    const { signal } = this.#stopping;
    const condemned = await condemnedIn(target);
    const trustPages = this.#state.completeAsOf !== undefined;
    const limits = { bytesPerSecond, signal, trustPages, condemned };
    const copier = new MapCopier({ target, counts, ...limits });
    const { snapshots } = this.#state;
    snapshots.total = roots.length;
    try {
      for (const { region, root } of roots) {
        await copier.copy(blocks.of(region), root);
        snapshots.done++;
      }
      for (const { root } of record?.catalogs ?? []) {
        if (main) await copier.copy(main.store, root);
      }
    } finally {
      await copier.close();
    }
    if (record) await this.#name(target, record);
    await collect(target, async () => this.#needed());
  }

  /** Only where it says something else than before. */
  async #name(target: BlockStore, record: CatalogRecord) {
    const before = await readCatalogRecord(target).catch(() => undefined);
    if (JSON.stringify(before) === JSON.stringify(record)) return;
    await writeCatalogRecord(target, record);
  }

  async #snapshotRoots(): Promise<{ region: string; root: Digest }[]> {
    return this.#services.catalog.read(async ({ snapshots, recycledSnapshots }) => {
      const found: { region: string; root: Digest }[] = [];
      for (const rows of [snapshots, recycledSnapshots]) {
        for await (const { region, root } of rows.scan()) {
          if (root !== undefined) found.push({ region, root });
        }
      }
      return found;
    });
  }

  /** Of snapshots that were made meanwhile nothing is there yet. */
  async #needed(): Promise<BlockRoots> {
    const roots = new Set<Digest>();
    for (const { root } of await this.#snapshotRoots()) {
      if (await this.#store?.has(root)) roots.add(root);
    }
    return { roots, kept: new Set(), drafts: [], unfinishedTasks: [] };
  }
}
