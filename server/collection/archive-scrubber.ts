/**
 * Reads every file of the archive of this host again and again, as scrubber.ts does with blocks: so
 * many of all there are a day, in the order of their snapshots' ids, so that the record proves what
 * was read. It tells which are damaged or missing, and whose they are, until they are whole again.
 * It changes nothing: what heals is a copy of the file in its place.
 */
import type { Catalog, CatalogReader } from '../catalog/catalog.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { Clock } from '../domain/identity.ts';
import { archivedSnapshots } from '../domain/snapshot-tiers.ts';
import type { Files } from '../files/files.ts';
import { readFileWithin, replaceFile } from '../files/whole-file.ts';
import type { Home } from '../foundations/home.ts';
import type { Log } from '../foundations/log.ts';
import { Pace } from './pace.ts';
import { Rounds } from './rounds.ts';
import { countToday } from './scrub-record.ts';

export interface ArchiveVerifier {
  /** What is wrong with the file of that snapshot, whose map has that name. */
  damageOf(
    snapshotId: string,
    map: string,
    options: { signal?: AbortSignal; step?: () => Promise<void> },
  ): Promise<string | undefined>;
}

export interface ArchiveScrubberServices {
  archives: ArchiveVerifier;
  catalog: Catalog;
  clock: Clock;
  files: Files;
  home: Home;
  log: Log;
  site: { hostId: string };
}

export interface DamagedArchive {
  snapshotId: string;
  detail: string;
  since: string;
}

export interface ArchiveScrubRecord {
  /** Counted from 1. */
  round: number;
  startedAt: string;
  /** Files that there were at its beginning. */
  total: number;
  /** Read in this round. */
  read: number;
  bytes: number;
  /** That of every snapshot whose id is not after this one has been read in this round. */
  upTo: string;
  /** When the next is due. */
  nextAt: string;
  /** The last round that was ended: every file that was there at its beginning was read in it. */
  ended?: { round: number; startedAt: string; endedAt: string; read: number; bytes: number };
  /** Read on this day and the one before, of UTC. */
  day: string;
  today: number;
  yesterday: number;
  damaged: DamagedArchive[];
}

/** What is wrong, and with what. */
export interface ArchiveDamage extends DamagedArchive {
  account: string;
  imageIds: string[];
}

export interface ScrubbedArchives {
  record: ArchiveScrubRecord;
  damage: ArchiveDamage[];
}

interface Archived {
  id: string;
  map: string;
  sizeBytes: number;
}

const dayMs = 24 * 3_600_000;
/** Until it is looked whether there are any: what was just archived was just verified. */
const noneYetMs = dayMs;
/** Of the time that it takes it reads a quarter. */
const restRatio = 3;
/** What is damaged is looked at again. */
const againMs = 3_600_000;
/** A damaged file has one entry, and they are few. */
const recordMaxBytes = 16 * 1024 * 1024;

export class ArchiveScrubber {
  readonly #services: ArchiveScrubberServices;
  readonly #periodMs: number;
  readonly #rounds = new Rounds();
  /** Of this round, those that are left; absent: who they are is not known yet. */
  #left: Archived[] | undefined;
  #known: ScrubbedArchives | undefined;
  #lookedAgainMs = Number.NEGATIVE_INFINITY;

  constructor(services: ArchiveScrubberServices, { days }: { days: number }) {
    this.#services = services;
    this.#periodMs = days * dayMs;
  }

  start(): void {
    this.#rounds.start(
      (ms) => this.advance(ms),
      (error) => this.#services.log.error('archived snapshots could not be verified', { error }),
    );
  }

  stop(): Promise<void> {
    return this.#rounds.stop();
  }

  /** Nothing, where no snapshot of this host was ever found archived. */
  describe(): ScrubbedArchives | undefined {
    const { record } = this.#known ?? {};
    return record && record.total + record.damaged.length > 0 ? this.#known : undefined;
  }

  /** As much as there is to do in this time. After a long rest it does not catch up at once. */
  async advance(ms: number): Promise<void> {
    this.#known ??= { record: await this.#recorded(), damage: [] };
    this.#left ??= await this.#list(this.#known.record.upTo);
    const { record } = this.#known;
    const before = JSON.stringify(record);
    const everyMs = record.total > 0 ? this.#periodMs / record.total : noneYetMs;
    const now = this.#services.clock.now().getTime();
    const isDue = Date.parse(record.nextAt) <= now;
    const due = isDue ? Math.max(1, Math.floor(ms / everyMs)) : 0;
    for (let i = 0; i < due && this.#left.length > 0; i++) await this.#readNext(record);
    if (due > 0) record.nextAt = new Date(now + everyMs).toISOString();
    if (due > 0 && this.#left.length === 0) await this.#endRound();
    if (now - this.#lookedAgainMs >= againMs) await this.#lookAgain(now);
    await this.#tell();
    if (JSON.stringify(this.#known.record) !== before) await this.#write(this.#known.record);
  }

  async #readNext(record: ArchiveScrubRecord): Promise<void> {
    const next = this.#left?.shift();
    if (!next) return;
    const detail = await this.#damageOf(next.id);
    countToday(record, this.#services.clock.now());
    record.read++;
    record.bytes += next.sizeBytes;
    record.upTo = next.id;
    this.#note(record, next.id, detail);
  }

  #note(record: ArchiveScrubRecord, snapshotId: string, detail: string | undefined): void {
    const known = record.damaged.find((each) => each.snapshotId === snapshotId);
    if (known && detail !== undefined) known.detail = detail;
    else if (detail !== undefined) {
      const since = this.#services.clock.now().toISOString();
      record.damaged.push({ snapshotId, detail, since });
    } else if (known) {
      record.damaged = record.damaged.filter((each) => each !== known);
      this.#services.log.info('an archived snapshot is whole again', { snapshotId });
    }
  }

  /** Of what has left the archive meanwhile, nothing. */
  async #damageOf(snapshotId: string): Promise<string | undefined> {
    const { archives, catalog, site } = this.#services;
    const archiveNow = async () => {
      const { archive } = (await catalog.read((reader) => rowOf(reader, snapshotId))) ?? {};
      return archive?.host === site.hostId ? archive : undefined;
    };
    const archive = await archiveNow();
    if (!archive) return undefined;
    const pace = new Pace(restRatio);
    const { signal } = this.#rounds;
    const options = { signal, step: () => pace.step() };
    const detail = await archives.damageOf(snapshotId, archive.map, options);
    return detail !== undefined && (await archiveNow()) ? detail : undefined;
  }

  async #lookAgain(now: number): Promise<void> {
    const { record } = this.#known as ScrubbedArchives;
    this.#lookedAgainMs = now;
    for (const { snapshotId } of [...record.damaged]) {
      this.#note(record, snapshotId, await this.#damageOf(snapshotId));
    }
  }

  async #endRound(): Promise<void> {
    const { clock, log } = this.#services;
    const known = this.#known as ScrubbedArchives;
    const { round, startedAt, read, bytes, damaged, nextAt } = known.record;
    const ended = { round, startedAt, endedAt: clock.now().toISOString(), read, bytes };
    if (read > 0) log.info('every archived snapshot was verified', { ...ended });
    this.#left = await this.#list('');
    const { day, today, yesterday, ended: former } = known.record;
    known.record = {
      ...newRecord(clock.now(), this.#left.length),
      round: read > 0 ? round + 1 : round,
      ended: read > 0 ? ended : former,
      nextAt,
      ...{ day, today, yesterday, damaged },
    };
  }

  /** Whose it is. */
  async #tell(): Promise<void> {
    const known = this.#known as ScrubbedArchives;
    const told = new Set(known.damage.map(({ snapshotId }) => snapshotId));
    const damage: ArchiveDamage[] = [];
    await this.#services.catalog.read(async (reader) => {
      for (const damaged of known.record.damaged) {
        const { snapshotId } = damaged;
        const account = (await rowOf(reader, snapshotId))?.account;
        if (account === undefined) continue;
        const images = await reader.images.list({ where: { snapshot: snapshotId } });
        damage.push({ ...damaged, account, imageIds: images.map(({ id }) => id) });
      }
    });
    known.damage = damage;
    for (const each of damage) {
      if (told.has(each.snapshotId)) continue;
      this.#services.log.error('an archived snapshot is damaged', { ...each });
    }
  }

  /** In order, after one. */
  async #list(after: string): Promise<Archived[]> {
    const { catalog, site } = this.#services;
    const found = await catalog.read((reader) => archivedSnapshots(reader, site.hostId));
    const later = found.filter(({ id }) => id > after);
    return later.sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** One that is lost or cannot be understood begins anew. */
  async #recorded(): Promise<ArchiveScrubRecord> {
    const { files, home, clock } = this.#services;
    try {
      const bytes = await readFileWithin(files, home.archiveScrubFile, recordMaxBytes);
      const record = JSON.parse(bytes?.toString() ?? '') as ArchiveScrubRecord;
      if (Number.isSafeInteger(record.round) && Array.isArray(record.damaged)) return record;
    } catch {
      // Nothing depends on it.
    }
    return newRecord(clock.now(), (await this.#list('')).length);
  }

  async #write(record: ArchiveScrubRecord): Promise<void> {
    const { files, home, log } = this.#services;
    await replaceFile(files, home.archiveScrubFile, Buffer.from(JSON.stringify(record))).catch(
      (error) => log.warn('what was verified of the archive is not on record', { error }),
    );
  }
}

function newRecord(now: Date, total: number): ArchiveScrubRecord {
  const at = now.toISOString();
  const nothing = { read: 0, bytes: 0, upTo: '', day: '', today: 0, yesterday: 0 };
  return { round: 1, startedAt: at, total, nextAt: at, ...nothing, damaged: [] };
}

async function rowOf(
  { snapshots, recycledSnapshots }: CatalogReader,
  id: string,
): Promise<SnapshotRow | undefined> {
  return (await snapshots.get(id)) ?? (await recycledSnapshots.get(id));
}
