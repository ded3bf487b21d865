/**
 * Keeps a second block store in step: all snapshots, and the catalogs that are sealed, so that an
 * Imago is brought back from there as well. Of a snapshot in the archive it keeps the blocks, and
 * reads the file for those that are not there. A round copies what has changed since the last one, and
 * now and then looks at all; what no snapshot and no sealed catalog needs any more is collected as
 * in the own stores, unless the store is locked. Keys stay here: what is sealed is copied as it is.
 */
import type { BlockStore, Digest } from '../blocks/block-store.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Changes } from '../catalog/changes.ts';
import type { BlockRoots } from '../domain/block-roots.ts';
import type { Clock } from '../domain/identity.ts';
import type { Log } from '../foundations/log.ts';
import { type Archives, UnreadableArchiveError } from '../transfers/archives.ts';
import {
  type CatalogRecord,
  joined,
  keptOf,
  readCatalogRecord,
  writeCatalogRecord,
} from './catalog-record.ts';
import { type CopyCounts, MapCopier } from './copy-maps.ts';
import { type SnapshotMap, snapshotMaps, tablesWithMaps } from './snapshot-maps.ts';

export interface StoreCopyServices {
  folder: string;
  /** Throws where its disk is away, which may come back, or where it is another Imago's. */
  checkHere(): Promise<void>;
  open(): Promise<BlockStore>;
  catalog: Catalog;
  blocks: BlockStores;
  archives: Pick<Archives, 'withBlocks'>;
  /** The newest catalog is sealed. */
  settled(): Promise<void>;
  /** Removes what nothing needs, in two steps with a grace between. */
  collect(store: BlockStore, roots: () => Promise<BlockRoots>): Promise<Garbage>;
  clock: Clock;
  log: Log;
  bytesPerSecond?: number;
  /** Between the end of a round and the next. */
  everyMs?: number;
  /** At least, between collections. */
  collectEveryMs?: number;
}

export interface CopyState {
  folder: string;
  /** Of the round under way, or the last one. */
  copied: CopyCounts;
  snapshots: { done: number; total: number };
  running: boolean;
  /** When the last round began that was ended: all of before is there. */
  completeAsOf?: string;
  /** When the newest catalog there was sealed: a recovery of it has the rows of then. */
  catalogAt?: string;
  problem?: string;
}

const firstAfterMs = 5_000;
const usualEveryMs = 60_000;
/** For what others write who share the catalog. */
const allEveryMs = 60 * 60_000;
const usualCollectEveryMs = 30 * 60_000;

/** That a collection left there: it waits until its time. */
interface Garbage {
  found: { blocks: number };
  waiting: { blocks: number };
}

export class StoreCopy implements AsyncDisposable {
  readonly #services: StoreCopyServices;
  readonly #stopping = new AbortController();
  #state: CopyState;
  #store: BlockStore | undefined;
  /** Whose rows have changed since the last round that was ended; undefined: of all. */
  #changed: Set<string> | undefined;
  #allAt = 0;
  /** Archived, neither there nor to be read: looked at again with all. */
  readonly #unread = new Set<string>();
  /** What is under a page that is there is there, too: all was looked at since it was opened. */
  #isTrusted = false;
  /** Put there, and not read whole since. */
  readonly #unproven = new Set<Digest>();
  #mayHaveGarbage = true;
  #collectAt = 0;
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

  noticed(changes: Changes): void {
    for (const table of tablesWithMaps) {
      for (const id of changes.get(table) ?? []) this.#changed?.add(id);
    }
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
    const { folder, clock, log } = this.#services;
    const { completeAsOf, catalogAt } = this.#state;
    const copied = { blocks: 0, bytes: 0 };
    const began = clock.now().toISOString();
    const snapshots = { done: 0, total: 0 };
    this.#state = { folder, copied, snapshots, running: true, completeAsOf, catalogAt };
    const isOfAll = this.#changed === undefined || clock.monotonicMs() >= this.#allAt;
    const changed = isOfAll ? undefined : this.#changed;
    this.#changed = new Set();
    try {
      const store = await this.#opened();
      const trusted = this.#isTrusted ? changed : undefined;
      const newest = await this.#copy(store, trusted, copied);
      if (isOfAll) this.#allAt = clock.monotonicMs() + allEveryMs;
      await this.#collect(store);
      const outcome = { catalogAt: newest, ...this.#outcome(began) };
      this.#state = { ...this.#state, running: false, ...outcome };
      if (copied.blocks > 0) log.info('blocks were copied', { folder, ...copied });
    } catch (error) {
      this.#changed = changed?.union(this.#changed);
      const problem = (error as Error).message;
      this.#state = { ...this.#state, running: false, problem };
      if (!this.#stopping.signal.aborted)
        log.error('blocks could not be copied', { folder, error });
    }
  }

  #outcome(began: string): Pick<CopyState, 'completeAsOf' | 'problem'> {
    if (this.#unread.size === 0) return { completeAsOf: began };
    const [first] = this.#unread;
    const more = this.#unread.size > 1 ? ` and of ${this.#unread.size - 1} more` : '';
    return { problem: `the archive's file of ${first}${more} cannot be read, and is not there` };
  }

  /** What comes back may have been elsewhere: all of it is looked at. */
  async #opened(): Promise<BlockStore> {
    const { checkHere, open } = this.#services;
    try {
      await checkHere();
    } catch (error) {
      const before = this.#store;
      this.#store = undefined;
      this.#isTrusted = false;
      await before?.close();
      throw error;
    }
    this.#store ??= await open();
    return this.#store;
  }

  /** Answers when the newest catalog there was sealed. */
  async #copy(
    target: BlockStore,
    changed: ReadonlySet<string> | undefined,
    counts: CopyCounts,
  ): Promise<string | undefined> {
    const { blocks, bytesPerSecond, settled } = this.#services;
    if (changed?.size !== 0) await settled();
    const [main] = blocks.list();
    const record = main && (await readCatalogRecord(main.store));
    const named = record && (await this.#recordFor(target, record));
    const catalogAt = record?.catalogs.at(-1)?.createdAt;
    if (changed?.size === 0 && !named) return catalogAt;
    this.#mayHaveGarbage = true;
    const maps = await snapshotMaps(this.#services.catalog, changed);
    for (const id of changed ?? [...this.#unread]) this.#unread.delete(id);
    const { signal } = this.#stopping;
    const limits = { bytesPerSecond, signal, trustPages: this.#isTrusted };
    const copier = new MapCopier({ target, counts, ...limits, unproven: this.#unproven });
    const { snapshots } = this.#state;
    snapshots.total = maps.length;
    try {
      for (const each of maps) {
        await this.#copyMap(copier, each);
        snapshots.done++;
      }
      for (const { root } of record?.catalogs ?? []) {
        if (main) await copier.copy(main.store, root);
      }
    } finally {
      await copier.close();
    }
    if (named) await writeCatalogRecord(target, named);
    this.#isTrusted = true;
    return catalogAt;
  }

  /** One that cannot be read bars no other. */
  async #copyMap(copier: MapCopier, { id, region, map, isArchived }: SnapshotMap): Promise<void> {
    const { archives, blocks, log, folder } = this.#services;
    if (!isArchived) return copier.copy(blocks.of(region), map);
    if (await copier.has(map)) return;
    const { signal } = this.#stopping;
    await archives
      .withBlocks(id, (file) => copier.copy(file, map), signal)
      .catch((error) => {
        if (!(error instanceof UnreadableArchiveError)) throw error;
        this.#unread.add(id);
        log.error('an archived snapshot could not be copied', { folder, snapshotId: id, error });
      });
  }

  /** Undefined: it has that. One that is locked keeps what it names of before, as it keeps blocks. */
  async #recordFor(target: BlockStore, record: CatalogRecord): Promise<CatalogRecord | undefined> {
    const before = await readCatalogRecord(target).catch(() => undefined);
    const isLocked = (await target.lockedUntil()) !== undefined;
    const now = this.#services.clock.now();
    const wanted = before && isLocked ? keptOf(joined(before, record), now, isLocked) : record;
    return JSON.stringify(before) === JSON.stringify(wanted) ? undefined : wanted;
  }

  /** What it condemns is destroyed by a later one. */
  async #collect(target: BlockStore): Promise<void> {
    const { clock, collect, collectEveryMs = usualCollectEveryMs } = this.#services;
    if (!this.#mayHaveGarbage || clock.monotonicMs() < this.#collectAt) return;
    if ((await target.lockedUntil()) !== undefined) return;
    this.#mayHaveGarbage = false;
    this.#collectAt = clock.monotonicMs() + collectEveryMs;
    try {
      const { found, waiting } = await collect(target, () => this.#needed());
      if (found.blocks + waiting.blocks > 0) this.#mayHaveGarbage = true;
    } catch (error) {
      this.#mayHaveGarbage = true;
      this.#isTrusted = false; // it may have come between pages and their blocks
      throw error;
    }
  }

  /** Of snapshots that were made meanwhile nothing is there yet. */
  async #needed(): Promise<BlockRoots> {
    const roots = new Set<Digest>();
    for (const { map } of await snapshotMaps(this.#services.catalog)) {
      if (await this.#store?.has(map)) roots.add(map);
    }
    return { roots, kept: new Set(), drafts: [], unfinishedTasks: [] };
  }
}
