/**
 * Garbage collection of blocks, and of files of guests and volumes that no row names any more.
 *
 *   mark      the catalog says which maps must stay, and the maps which blocks; so do the catalogs
 *             that are sealed into the store, of themselves
 *   free      blocks that an earlier round condemned and that are still not needed are destroyed,
 *             once the round is ripe; those that are needed again go back to their place
 *   condemn   stored blocks that no map needs are put under a new round
 *
 * So a block goes only after it was found to be garbage twice, with the grace between, and only
 * when every task is over that was unfinished when it was condemned: between putting its blocks and
 * naming them in a row a task may stand still for as long as it likes. Blocks of open writers, and
 * what was put since the collection began, are the store's to protect (blocks/collection.ts).
 * Whatever cannot be read ends the collection before anything is condemned or destroyed.
 */
import type { BlockStore } from '../blocks/block-store.ts';
import type { BlockCollection, Freed, Round } from '../blocks/collection.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { type BlockRoots, blockRoots } from '../domain/block-roots.ts';
import type { Clock } from '../domain/identity.ts';
import type { DraftBlocks } from '../drafts/draft-blocks.ts';
import { sealedCatalogRoots } from '../recovery/catalog-record.ts';
import { Moves } from './moves.ts';
import type { Pace } from './pace.ts';
import { ReachableBlocks } from './reachable-blocks.ts';

export interface CollectOptions {
  /** Between condemning and destroying. */
  graceMs: number;
  /** Changes nothing, and tells what there is. */
  reportOnly?: boolean;
  pace: Pace;
  signal?: AbortSignal;
}

export interface CollectionReport {
  /** Of the store, when the collection ended: needed by a map, or in use. */
  kept: Freed;
  /** Garbage that is in its place: only where nothing was to be changed. */
  found: Freed;
  condemned: Freed;
  /** Condemned, by this collection or by earlier ones, and not destroyed. */
  waiting: Freed;
  freed: Freed;
  /** Condemned by mistake or needed again. */
  pardonedBlocks: number;
}

export interface CollectorServices {
  blocks: BlockStore;
  /** Whether it holds the blocks of a region; those of all when absent. */
  holds?: (region: string) => boolean;
  catalog: Catalog;
  /** What must stay; absent: what the rows name. */
  roots?: () => Promise<BlockRoots>;
  /** What is put into drafts of this host. */
  drafts: DraftBlocks;
  clock: Clock;
  /** The disk had no room for the record of a round. */
  makeRoom?: () => void;
}

/** What is written down with a round. */
interface RoundNote {
  condemnedAt: string;
  unfinishedTasks: string[];
}

interface Marked extends BlockRoots {
  reachable: ReachableBlocks;
}

export async function collectBlocks(
  services: CollectorServices,
  options: CollectOptions,
): Promise<CollectionReport> {
  // Before the rows are read: what is put from now on is not touched, whatever the rows say.
  await using collection = await services.blocks.collect();
  return new Collecting(services, options, collection).run();
}

/**
 * The same; without any grace a second time right away, since what is condemned is removed by a
 * later collection only.
 */
export async function collectTwice(
  services: CollectorServices,
  options: CollectOptions,
): Promise<CollectionReport> {
  const first = await collectBlocks(services, options);
  if (options.graceMs > 0 || first.condemned.blocks === 0) return first;
  const { condemned, freed } = first;
  const second = await collectBlocks(services, options);
  count(second.freed, freed.bytes, freed.blocks);
  return { ...second, condemned };
}

class Collecting {
  readonly #services: CollectorServices;
  readonly #options: CollectOptions;
  readonly #collection: BlockCollection;
  readonly #report: CollectionReport = {
    kept: nothing(),
    found: nothing(),
    condemned: nothing(),
    waiting: nothing(),
    freed: nothing(),
    pardonedBlocks: 0,
  };

  constructor(services: CollectorServices, options: CollectOptions, collection: BlockCollection) {
    this.#services = services;
    // A store that removes nothing yet is only told about.
    const reportOnly = options.reportOnly || collection.lockedUntil !== undefined;
    this.#options = { ...options, reportOnly };
    this.#collection = collection;
  }

  async run(): Promise<CollectionReport> {
    const marked = await this.#mark();
    for (const round of await this.#collection.rounds()) await this.#visit(round, marked);
    await this.#condemn(marked);
    return this.#report;
  }

  async #mark(): Promise<Marked> {
    const { catalog, holds, roots } = this.#services;
    const found = await (roots?.() ?? catalog.read((reader) => blockRoots(reader, holds)));
    const reachable = new ReachableBlocks();
    const catalogs = await sealedCatalogRoots(this.#services.blocks);
    for (const root of [...found.roots, ...catalogs]) {
      await reachable.addMap(this.#services.blocks, root);
      await this.#rest();
    }
    for (const draft of found.drafts) await this.#markDraft(draft, reachable);
    await reachable.addBases(() => this.#bases());
    return { ...found, reachable };
  }

  /** Those of other hosts put their blocks into other stores. */
  async #markDraft(
    { snapshotId, host }: BlockRoots['drafts'][number],
    reachable: ReachableBlocks,
  ): Promise<void> {
    const { catalog, drafts, blocks } = this.#services;
    if (host !== drafts.hostId) return;
    try {
      for await (const digests of drafts.digests(snapshotId)) {
        reachable.addDigests(digests);
        await this.#rest();
      }
    } catch (error) {
      // It may have been completed, given up or deleted meanwhile.
      const row = await catalog.read(({ snapshots }) => snapshots.get(snapshotId));
      if (row?.state === 'pending') throw error;
      if (row?.root !== undefined) await reachable.addMap(blocks, row.root);
    }
  }

  async *#bases() {
    for await (const each of this.#services.blocks.bases()) {
      yield each;
      await this.#rest();
    }
  }

  async #visit(round: Round, marked: Marked): Promise<void> {
    const ripe = this.#isRipe(round, marked);
    // Without its record nobody knows how long they have waited: they begin anew.
    const unrecorded = round.note === undefined;
    const { reportOnly } = this.#options;
    await using moves = new Moves();
    for await (const { digest, storedBytes } of this.#collection.condemned(round.id)) {
      if (unrecorded || marked.reachable.has(digest)) {
        this.#report.pardonedBlocks++;
        if (!reportOnly) await moves.begin(() => this.#collection.pardon(digest));
      } else if (ripe) {
        await moves.begin(async () => {
          const done = reportOnly || (await this.#collection.destroy(round.id, digest));
          if (done) count(this.#report.freed, storedBytes);
        });
      } else {
        count(this.#report.waiting, storedBytes);
      }
      await this.#rest();
    }
    await moves.end();
    if (!reportOnly) await this.#collection.endRound(round.id);
  }

  #isRipe({ note }: Round, { unfinishedTasks }: Marked): boolean {
    if (note === undefined) return false;
    const { condemnedAt, unfinishedTasks: then } = note as RoundNote;
    const age = this.#services.clock.now().getTime() - Date.parse(condemnedAt);
    const over = new Set(then).isDisjointFrom(new Set(unfinishedTasks));
    return age >= this.#options.graceMs && over;
  }

  async #condemn(marked: Marked): Promise<void> {
    const { reportOnly } = this.#options;
    let round: Round | undefined;
    await using moves = new Moves();
    for await (const { digest, storedBytes } of this.#services.blocks.list()) {
      await this.#rest();
      if (marked.reachable.has(digest)) {
        count(this.#report.kept, storedBytes);
      } else if (reportOnly) {
        count(this.#report.found, storedBytes);
      } else {
        round ??= await this.#beginRound(marked);
        const { id } = round;
        await moves.begin(async () => {
          const done = await this.#collection.condemn(id, digest);
          count(done ? this.#report.condemned : this.#report.kept, storedBytes);
          if (done) count(this.#report.waiting, storedBytes);
        });
      }
    }
    await moves.end();
    // All of it was in use.
    if (round) await this.#collection.endRound(round.id);
  }

  async #beginRound({ unfinishedTasks }: Marked): Promise<Round> {
    const condemnedAt = this.#services.clock.now().toISOString();
    const note: RoundNote = { condemnedAt, unfinishedTasks };
    try {
      return await this.#collection.beginRound(note);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      this.#services.makeRoom?.();
      return this.#collection.beginRound(note);
    }
  }

  async #rest(): Promise<void> {
    this.#options.signal?.throwIfAborted();
    await this.#options.pace.step();
  }
}

function nothing(): Freed {
  return { blocks: 0, bytes: 0 };
}

function count(freed: Freed, bytes: number, blocks = 1): void {
  freed.blocks += blocks;
  freed.bytes += bytes;
}
