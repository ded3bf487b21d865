/**
 * Keeps a second block store in step: all snapshots, and the catalogs that are sealed, so that an
 * Imago is brought back from there as well. Of a snapshot in the archive it keeps the blocks, and
 * reads the file for those that are not there. A round copies what has changed since the last one, and
 * now and then looks at all; what no snapshot and no sealed catalog needs any more is collected as
 * in the own stores, unless the store is locked. A part of it is verified in each round, as the own
 * stores are, and what is damaged there is put again. Keys stay here: what is sealed is copied as it is.
 */
import type { BlockReader, BlockStore, Digest } from '../blocks/block-store.ts';
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
import { type CopyCounts, MapCopier, UnreadableSourceError } from './copy-maps.ts';
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
  /** Removes what nothing needs, in two steps with a grace between; the signal ends it. */
  collect(
    store: BlockStore,
    roots: () => Promise<BlockRoots>,
    signal: AbortSignal,
  ): Promise<Garbage>;
  /** Verifies it as the own stores are; absent: nobody does. */
  verifier?(store: BlockStore, roots: () => Promise<ReadonlySet<Digest>>): StoreVerifier;
  clock: Clock;
  log: Log;
  bytesPerSecond?: number;
  /** Between the end of a round and the next. */
  everyMs?: number;
  /** What an end takes at most to bring it up to date. */
  lastMs?: number;
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
  /** Absent: nothing was looked at since it was opened. */
  verified?: VerifiedStore;
}

export interface StoreVerifier {
  /** As much as there is to do in this time. */
  advance(ms: number): Promise<void>;
  describe(): VerifiedStore[];
  stop(): Promise<void>;
}

export interface VerifiedStore {
  /** Of this round. */
  record: { blocks: number; totalBlocks: number; today: number };
  damage: { digest: Digest; detail: string; snapshotIds: string[]; imageIds: string[] }[];
}

const firstAfterMs = 5_000;
const usualEveryMs = 60_000;
/** Nobody who stops Imago waits for long; where the disk is busy a few synced writes take seconds. */
const usualLastMs = 20_000;
/** For what others write who share the catalog. */
const allEveryMs = 60 * 60_000;
const usualCollectEveryMs = 30 * 60_000;
/** After a long round it is not caught up with at once: the next one waits for it. */
const verifiedAtOnceMs = 10 * 60_000;

/** That a collection left there: it waits until its time. */
interface Garbage {
  found: { blocks: number };
  waiting: { blocks: number };
}

export class StoreCopy implements AsyncDisposable {
  readonly #services: StoreCopyServices;
  readonly #stopping = new AbortController();
  /** Of what may as well be done after the next start. */
  readonly #ending = new AbortController();
  #state: CopyState;
  #store: BlockStore | undefined;
  /** Whose rows have changed since the last round that was ended; undefined: of all. */
  #changed: Set<string> | undefined;
  #allAt = 0;
  /** Neither there nor to be read, by what is told of them: looked at again with all. */
  readonly #unread = new Map<string, string>();
  #verifier: StoreVerifier | undefined;
  #verifiedAt: number;
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
    this.#verifiedAt = services.clock.monotonicMs();
    const none = { copied: { blocks: 0, bytes: 0 }, snapshots: { done: 0, total: 0 } };
    this.#state = { folder: services.folder, ...none, running: false };
  }

  /** In the background from now on. */
  start(inMs = firstAfterMs): void {
    const { everyMs = usualEveryMs } = this.#services;
    if (this.#isEnding) return;
    const look = () => void this.round().then(() => this.start(everyMs));
    this.#timer = setTimeout(look, inMs).unref();
  }

  noticed(changes: Changes): void {
    for (const table of tablesWithMaps) {
      for (const id of changes.get(table) ?? []) this.#changed?.add(id);
    }
  }

  describe(): CopyState {
    return { ...this.#state, verified: this.#verifier?.describe()[0] };
  }

  /** Where the own stores may have what they have lost. */
  get reader(): BlockReader | undefined {
    return this.#store;
  }

  /** Begins at once; while one is under way, that one. */
  round(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** What has changed since the last round goes there still, as far as there is time. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { folder, log, lastMs = usualLastMs } = this.#services;
    this.#ending.abort(new Error('Imago is stopping'));
    clearTimeout(this.#timer);
    const stop = () => this.#stopping.abort(new Error('Imago stopped before all was there'));
    const limit = setTimeout(stop, lastMs);
    await this.#verifier?.stop();
    await this.#running;
    await this.round();
    clearTimeout(limit);
    const { problem, snapshots, completeAsOf } = this.#state;
    if (problem !== undefined) {
      log.warn('a second store is behind', { folder, problem, ...snapshots, completeAsOf });
    }
    await this.#store?.close();
  }

  get #isEnding(): boolean {
    return this.#ending.signal.aborted;
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
    // What the own stores do not have whole may be in the archive.
    if (isOfAll && this.describe().verified?.damage.length) this.#isTrusted = false;
    try {
      const store = await this.#opened();
      // An end has no time to look at all.
      const trusted = this.#isTrusted || this.#isEnding ? changed : undefined;
      const newest = await this.#copy(store, trusted, copied);
      if (isOfAll) this.#allAt = clock.monotonicMs() + allEveryMs;
      if (!this.#isEnding) await this.#collect(store);
      if (!this.#isEnding) await this.#verify(store);
      const outcome = { catalogAt: newest, ...this.#outcome(began) };
      this.#state = { ...this.#state, running: false, ...outcome };
      if (copied.blocks > 0) log.info('blocks were copied', { folder, ...copied });
    } catch (error) {
      this.#changed = changed?.union(this.#changed);
      const { reason } = this.#stopping.signal;
      const problem = ((reason ?? error) as Error).message;
      this.#state = { ...this.#state, running: false, problem };
      if (!this.#isEnding) log.error('blocks could not be copied', { folder, error });
    }
  }

  #outcome(began: string): Pick<CopyState, 'completeAsOf' | 'problem'> {
    if (this.#unread.size === 0) return { completeAsOf: began };
    const [first] = this.#unread.values();
    const more = this.#unread.size > 1 ? ` and ${this.#unread.size - 1} more` : '';
    return { problem: `${first}${more} cannot be read, and is not there` };
  }

  /** What comes back may have been elsewhere: all of it is looked at. */
  async #opened(): Promise<BlockStore> {
    const { checkHere, open } = this.#services;
    try {
      await checkHere();
    } catch (error) {
      const before = this.#store;
      this.#store = undefined;
      this.#verifier = undefined;
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
    for (const id of changed ?? [...this.#unread.keys()]) this.#unread.delete(id);
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
      for (const { root, createdAt } of record?.catalogs ?? []) {
        if (main)
          await this.#read(root, `the catalog of ${createdAt}`, copier.copy(main.store, root));
      }
    } finally {
      await copier.close();
    }
    const isWhole = ({ root }: { root: Digest }) => !this.#unread.has(root);
    if (named)
      await writeCatalogRecord(target, { ...named, catalogs: named.catalogs.filter(isWhole) });
    this.#isTrusted = true;
    return catalogAt;
  }

  /** One that cannot be read bars no other. */
  async #copyMap(copier: MapCopier, { id, region, map, isArchived }: SnapshotMap): Promise<void> {
    const { archives, blocks } = this.#services;
    if (!isArchived) return this.#read(id, id, copier.copy(blocks.of(region), map));
    if (await copier.has(map)) return;
    const { signal } = this.#stopping;
    const copied = archives.withBlocks(id, (file) => copier.copy(file, map), signal);
    await this.#read(id, `the archive's file of ${id}`, copied);
  }

  async #read(id: string, what: string, copied: Promise<void>): Promise<void> {
    const { folder, log } = this.#services;
    await copied.catch((error) => {
      const kinds = [UnreadableArchiveError, UnreadableSourceError];
      if (!kinds.some((kind) => error instanceof kind)) throw error;
      this.#unread.set(id, what);
      log.error('blocks could not be copied, which cannot be read', { folder, what, error });
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

  /** A part of it. What has gone away meanwhile is not damaged. */
  async #verify(store: BlockStore): Promise<void> {
    const { checkHere, clock, verifier } = this.#services;
    if (!verifier) return;
    this.#verifier ??= verifier(store, async () => (await this.#needed()).roots);
    const now = clock.monotonicMs();
    const ms = Math.min(now - this.#verifiedAt, verifiedAtOnceMs);
    this.#verifiedAt = now;
    try {
      await this.#verifier.advance(ms);
      await checkHere();
    } catch (error) {
      this.#verifier = undefined;
      if (!this.#isEnding) throw error;
    }
  }

  /** What it condemns is destroyed by a later one. */
  async #collect(target: BlockStore): Promise<void> {
    const { clock, collect, collectEveryMs = usualCollectEveryMs } = this.#services;
    if (!this.#mayHaveGarbage || clock.monotonicMs() < this.#collectAt) return;
    if ((await target.lockedUntil()) !== undefined) return;
    this.#mayHaveGarbage = false;
    this.#collectAt = clock.monotonicMs() + collectEveryMs;
    try {
      const { signal } = this.#ending;
      const { found, waiting } = await collect(target, () => this.#needed(), signal);
      if (found.blocks + waiting.blocks > 0) this.#mayHaveGarbage = true;
    } catch (error) {
      this.#mayHaveGarbage = true;
      this.#isTrusted = false; // it may have come between pages and their blocks
      if (!this.#isEnding) throw error;
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
