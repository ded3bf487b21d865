/**
 * Reads every block of the stores again and again, at a rate that goes through all of it in a set
 * number of days, and tells what is damaged or missing, and whose it is, until it is whole again.
 * Blocks are read in the order of their digests, so that the record proves what was read: all up to
 * one digest. What another store has whole is put again from there; else `imago fsck --repair`, or
 * whoever puts the block again, heals. Second stores are read in the same way (../recovery).
 */
import { readBlockMap } from '../blocks/block-map.ts';
import {
  BlockMissingError,
  type BlockReader,
  type BlockStore,
  type Digest,
} from '../blocks/block-store.ts';
import type { BlockStores } from '../blocks/block-stores.ts';
import { blocksPerLeaf, leafDigest } from '../blocks/map-pages.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { blockRoots } from '../domain/block-roots.ts';
import type { Clock } from '../domain/identity.ts';
import { readableBases } from '../domain/volumes.ts';
import type { Log } from '../foundations/log.ts';
import { sealedCatalogRoots } from '../recovery/catalog-record.ts';
import { type Affected, affectedBy, namedMaps, nobodyAffected } from './affected-rows.ts';
import type { ArchiveScrubber } from './archive-scrubber.ts';
import { healDamaged } from './heal-damaged.ts';
import { Pace } from './pace.ts';
import { Rounds } from './rounds.ts';
import {
  type DamagedBlock,
  newRound,
  noteRead,
  readScrubRecord,
  type ScrubRecord,
  writeScrubRecord,
} from './scrub-record.ts';

export interface ScrubberServices {
  blocks: BlockStores;
  catalog: Catalog;
  clock: Clock;
  log: Log;
  /** Other stores, where what is damaged may be whole. */
  others?: () => readonly BlockReader[];
  /** Of a second store: what there has to be. Absent: what rows name, but what is in the archive. */
  roots?: () => Promise<ReadonlySet<Digest>>;
}

/** What is wrong, and with what. */
export interface Damage extends DamagedBlock, Affected {}

export interface ScrubbedStore {
  record: ScrubRecord;
  damage: Damage[];
}

export const usualScrubDays = 30;
const missing = 'it is missing';
const dayMs = 24 * 3_600_000;
/** Of the time that it takes it reads a quarter. */
const restRatio = 3;
/** An instance that stands still is looked at again. */
const suspectAgainMs = 60_000;
const tellAgainMs = 60_000;
/** Other stores, for what they did not have. */
const askAgainMs = 60_000;

export class Scrubber {
  readonly #services: ScrubberServices;
  readonly #periodMs: number;
  readonly #rounds = new Rounds();
  readonly #stores = new Map<BlockStore, ScrubbedStore>();
  /** Blocks that may be read by now, of each store. */
  readonly #allowance = new Map<BlockStore, number>();
  /** Rows come and go that need what is damaged. */
  readonly #toldUntil = new Map<BlockStore, number>();
  readonly #askedUntil = new Map<BlockStore, number>();
  readonly #suspects = new Map<string, number>();

  /** What does the same with the archive. */
  readonly archives: ArchiveScrubber | undefined;

  constructor(
    services: ScrubberServices,
    { days, archives }: { days: number; archives?: ArchiveScrubber },
  ) {
    this.#services = services;
    this.archives = archives;
    this.#periodMs = days * dayMs;
  }

  start(): void {
    this.#rounds.start(
      (ms) => this.advance(ms),
      (error) => this.#services.log.error('blocks could not be verified', { error }),
    );
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** What is known of the stores. */
  describe(): ScrubbedStore[] {
    return [...this.#stores.values()];
  }

  /** What is wrong with what the instance reads. */
  damageOf(instanceId: string): Damage[] {
    return this.describe().flatMap(({ damage }) =>
      damage.filter(({ instanceIds }) => instanceIds.includes(instanceId)),
    );
  }

  /** What is wrong with what the volume lies on. */
  damageOfVolume(volumeId: string): Damage[] {
    return this.describe().flatMap(({ damage }) =>
      damage.filter(({ volumeIds }) => volumeIds.includes(volumeId)),
    );
  }

  /** As much as there is to do in this time. */
  async advance(ms: number): Promise<void> {
    for (const { store, holds } of this.#services.blocks.list()) {
      const known = this.#stores.get(store) ?? (await this.#open(store));
      this.#stores.set(store, known);
      const isHealed = await this.#heal(store, known);
      const share = (known.record.totalBlocks * ms) / this.#periodMs;
      const allowance = (this.#allowance.get(store) ?? 0) + share;
      const due = Math.floor(allowance);
      this.#allowance.set(store, allowance - due);
      const found = due > 0 && (await this.#read(store, known, due, holds));
      const isTold = performance.now() < (this.#toldUntil.get(store) ?? 0);
      const isDue = known.record.damaged.length > 0 && !isTold;
      if (found || isHealed || isDue) await this.#tell(store, known, holds);
      if (due > 0 || isHealed) await writeScrubRecord(store, known.record);
    }
  }

  /** An instance stands still on a disk error: is it a block? */
  suspect(instanceId: string): void {
    const now = performance.now();
    if (now - (this.#suspects.get(instanceId) ?? Number.NEGATIVE_INFINITY) < suspectAgainMs) return;
    this.#suspects.set(instanceId, now);
    const { log } = this.#services;
    this.#rounds.afterwards(
      () => this.verifyInstance(instanceId),
      (error) => log.error('the blocks of a guest could not be verified', { error }),
    );
  }

  async verifyInstance(instanceId: string): Promise<void> {
    const { blocks, catalog } = this.#services;
    const volumes = await catalog.read((reader) =>
      reader.volumes.list({ where: { instance: instanceId } }),
    );
    for (const { store, holds } of blocks.list()) {
      const known = this.#stores.get(store) ?? (await this.#open(store));
      this.#stores.set(store, known);
      const pace = new Pace(restRatio);
      const checked = new Set<Digest>();
      let found = false;
      for (const volume of volumes) {
        if (!holds(volume.region)) continue;
        for (const { root } of readableBases(volume)) {
          for await (const digest of namedBy(store, root)) {
            this.#rounds.signal.throwIfAborted();
            if (checked.has(digest)) continue;
            checked.add(digest);
            found = !(await this.#verify(store, known.record, digest, true)) || found;
            await pace.step();
          }
        }
      }
      if (found) {
        await this.#tell(store, known, holds);
        await writeScrubRecord(store, known.record);
      }
    }
  }

  async #open(store: BlockStore): Promise<ScrubbedStore> {
    const record = (await readScrubRecord(store)) ?? (await this.#begin(store, undefined));
    return { record, damage: [] };
  }

  async #begin(store: BlockStore, before: ScrubRecord | undefined): Promise<ScrubRecord> {
    let totalBlocks = 0;
    const pace = new Pace(restRatio);
    for await (const _ of store.list()) {
      totalBlocks++;
      await pace.step();
    }
    return newRound(before, { now: this.#services.clock.now(), totalBlocks });
  }

  /** Answers whether something was found. */
  async #read(
    store: BlockStore,
    known: ScrubbedStore,
    due: number,
    holds: (region: string) => boolean,
  ): Promise<boolean> {
    const pace = new Pace(restRatio);
    let found = false;
    for (let left = due; ; ) {
      const { record } = known;
      const firstByte = record.upTo === '' ? 0 : Number.parseInt(record.upTo.slice(0, 2), 16);
      const names = await digestsOf(store, firstByte, record.upTo);
      for (const digest of names.slice(0, left)) {
        this.#rounds.signal.throwIfAborted();
        found = !(await this.#verify(store, record, digest)) || found;
        await pace.step();
      }
      if (names.length > left) return found;
      left -= names.length;
      // All that begins so was read.
      if (firstByte < 255) {
        record.upTo = hexOf(firstByte + 1).padEnd(64, '0');
        continue;
      }
      found = (await this.#findMissing(store, record, holds)) || found;
      known.record = await this.#endRound(store, record);
      return found;
    }
  }

  async #endRound(store: BlockStore, record: ScrubRecord): Promise<ScrubRecord> {
    const { clock, log } = this.#services;
    const { round, startedAt, blocks, bytes, damaged } = record;
    const ended = { round, startedAt, endedAt: clock.now().toISOString(), blocks, bytes };
    log.info('every block was verified', { ...ended, damaged: damaged.length });
    return this.#begin(store, { ...record, ended });
  }

  /** False: it is damaged, and was not known to be. `isNamed`: by a map, and out of order. */
  async #verify(
    store: BlockStore,
    record: ScrubRecord,
    digest: Digest,
    isNamed = false,
  ): Promise<boolean> {
    const note = (bytes: number) => {
      if (!isNamed) noteRead(record, digest, bytes, this.#services.clock.now());
    };
    try {
      note((await store.get(digest)).length);
      return true;
    } catch (error) {
      // What was listed and is gone was collected meanwhile.
      if (error instanceof BlockMissingError) {
        return isNamed ? this.#note(record, digest, missing) : true;
      }
      note(0);
      return this.#note(record, digest, (error as Error).message);
    }
  }

  /** False: it was not known. */
  #note(record: ScrubRecord, digest: Digest, detail: string): boolean {
    if (record.damaged.some((each) => each.digest === digest)) return true;
    record.damaged.push({ digest, detail, since: this.#services.clock.now().toISOString() });
    return false;
  }

  /** What maps name and is not there; leaves that they share are looked at once. */
  async #findMissing(
    store: BlockStore,
    record: ScrubRecord,
    holds: (region: string) => boolean,
  ): Promise<boolean> {
    const roots = new Set(await this.#roots(holds));
    for (const root of await sealedCatalogRoots(store)) roots.add(root);
    const pace = new Pace(restRatio);
    const leaves = new Set<Digest>();
    const absent = new Set<Digest>();
    let found = false;
    for (const root of roots) {
      for await (const digest of namedBy(store, root, leaves)) {
        this.#rounds.signal.throwIfAborted();
        if (!(await store.has(digest))) {
          absent.add(digest);
          found = !this.#note(record, digest, missing) || found;
        }
        await pace.step();
      }
    }
    const gone = await this.#gone(store, record, absent);
    record.damaged = record.damaged.filter(({ digest }) => !gone.has(digest));
    return found || gone.size > 0;
  }

  async #roots(holds: (region: string) => boolean): Promise<ReadonlySet<Digest>> {
    const { catalog, roots } = this.#services;
    if (roots) return roots();
    return (await catalog.read((reader) => blockRoots(reader, holds))).roots;
  }

  /** Damaged once, needed by nobody any more, and collected. */
  async #gone(store: BlockStore, { damaged }: ScrubRecord, absent: ReadonlySet<Digest>) {
    const gone = new Set<Digest>();
    for (const { digest } of damaged) {
      if (!absent.has(digest) && !(await store.has(digest))) gone.add(digest);
    }
    return gone;
  }

  async #heal(store: BlockStore, { record }: ScrubbedStore): Promise<boolean> {
    const { clock, log, others } = this.#services;
    const now = clock.monotonicMs();
    const isAsked = now < (this.#askedUntil.get(store) ?? 0);
    if (!isAsked && record.damaged.length > 0) this.#askedUntil.set(store, now + askAgainMs);
    return healDamaged(store, record, { others: isAsked ? [] : (others?.() ?? []), log });
  }

  /** Whose it is; what nobody needs any more is no damage. */
  async #tell(store: BlockStore, known: ScrubbedStore, holds: (region: string) => boolean) {
    const { catalog, log, roots } = this.#services;
    const { record } = known;
    this.#toldUntil.set(store, performance.now() + tellAgainMs);
    const told = new Set(known.damage.map(({ digest }) => digest));
    const maps = await catalog.read((reader) => namedMaps(reader, holds, roots !== undefined));
    const pace = new Pace(restRatio);
    const digests = new Set(record.damaged.map(({ digest }) => digest));
    const affected = await affectedBy(digests, { store, maps, pace });
    known.damage = record.damaged.map((damaged) => ({
      ...damaged,
      ...(affected.get(damaged.digest) ?? nobodyAffected),
    }));
    for (const damage of known.damage) {
      if (!told.has(damage.digest)) log.error('a block is damaged', { ...damage });
    }
  }
}

/** In order, after one. */
async function digestsOf(store: BlockStore, firstByte: number, after: Digest | '') {
  const digests = new Set<Digest>();
  for await (const { digest } of store.list(firstByte)) if (digest > after) digests.add(digest);
  return [...digests].sort();
}

/** Pages and blocks, without leaves that were seen; of what cannot be read that itself. */
async function* namedBy(
  store: BlockStore,
  root: Digest,
  seen = new Set<Digest>(),
): AsyncIterable<Digest> {
  yield root;
  const map = await readBlockMap(store, root).catch(() => undefined);
  for (const [index, { digest: leaf }] of (map?.leaves ?? []).entries()) {
    if (!map || !leaf || seen.has(leaf)) continue;
    seen.add(leaf);
    yield leaf;
    const page = await map.leaf(index).catch(() => undefined);
    for (let i = 0; page && i < blocksPerLeaf; i++) {
      const digest = leafDigest(page, i);
      if (digest) yield digest;
    }
  }
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}
