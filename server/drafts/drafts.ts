/**
 * The drafts of this host: snapshots that are `pending` while clients put blocks into them. Each
 * has a journal in the home (draft-journal.ts), from before its row is there until after that is
 * completed, given up or deleted; so a draft goes on after a restart. One that nobody puts into or
 * completes for its time is given up. Rules are domain/snapshot-uploads.ts's.
 */
import { ServiceError } from '../../api/service-error.ts';
import { blockSizeBytes, type Digest, WrongDigestError } from '../blocks/block-store.ts';
import { blockCountOf } from '../blocks/map-pages.ts';
import type { UploadCompletion } from '../catalog/rows/snapshot.ts';
import { checkKeyUsable } from '../domain/ebs-encryption.ts';
import type { Clock } from '../domain/identity.ts';
import { notFound } from '../domain/resource-ids.ts';
import {
  beingCompleted,
  checkOpen,
  completeUpload,
  failUpload,
  isSameCompletion,
  isUpload,
  requiredUpload,
  sizeBytesOf,
  type UploadRow,
} from '../domain/snapshot-uploads.ts';
import { isOwn, type Viewer } from '../domain/viewer.ts';
import { KeyGoneError } from '../domain/volume-keys.ts';
import type { Log } from '../foundations/log.ts';
import { Arrivals } from './arrivals.ts';
import { type Draft, DraftClosedError } from './draft.ts';
import { createJournal, removeJournal } from './draft-journal.ts';
import { checkCompletion, writeDraftMap } from './draft-map.ts';
import { Patience, throttled } from './in-time.ts';
import { type OpeningServices, openDraft } from './open-draft.ts';

export interface DraftsServices extends OpeningServices {
  hostId: string;
  clock: Clock;
  log: Log;
  /** Throws where the disk of a region's blocks has no room for more. */
  checkRoom(region: string): Promise<void>;
  /** How long a request waits for its turn and for the disk. */
  answerWithinMs?: number;
}

export interface BlockPut {
  snapshotId: string;
  index: number;
  /** How far the client says that it is. */
  progressPercent?: number;
}

export interface PutBlock {
  block: Buffer;
  /** As the client has it. */
  digest: Digest;
}

/**
 * Blocks that come in, or wait for the disk, at a time: enough to keep both busy. With them, slow
 * ones and those that the disk keeps waiting memory holds 80 MiB at the very worst.
 */
const arrivals = { atOnce: 32, slowMs: 500, slowMax: 64 };
/** The same with those of whom more was asked than could be done. */
const putsAtMost = 96;
/** Of an account, as EBS has it. */
const pendingMax = 100;
const lookEveryMs = 5000;
/** A row is not written more often for the sake of its progress. */
const progressEveryMs = 1000;

interface KnownDraft {
  row: UploadRow;
  blockCount: number;
  /** By the monotonic clock, when something was last asked of it. */
  usedAtMs: number;
  progressPercent?: number;
  progressToldMs: number;
  draft?: Promise<Draft>;
  completing?: { asked: UploadCompletion; done: Promise<void> };
}

export class Drafts {
  readonly #services: DraftsServices;
  readonly #known = new Map<string, KnownDraft>();
  #prepared: Promise<void> | undefined;
  #found = false;
  readonly #arrivals = new Arrivals(arrivals);
  #puts = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(services: DraftsServices) {
    this.#services = services;
  }

  /** What cannot be found now is, by a later look: nothing else has to wait for drafts. */
  async start(): Promise<void> {
    await this.#findOnce();
    this.#timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  async #findOnce(): Promise<void> {
    if (this.#found) return;
    try {
      await this.#find();
      this.#found = true;
    } catch (error) {
      this.#services.log.error('drafts could not be found again yet', { error });
    }
  }

  /** What an earlier process left: drafts go on, journals without a draft are removed. */
  async #find(): Promise<void> {
    const { files, home, catalog, hostId } = this.#services;
    await this.#prepare();
    for (const name of await files.readdir(home.draftsFolder)) {
      const id = name.replace(/\.new$/, '');
      const row = await catalog.read(({ snapshots }) => snapshots.get(id));
      if (row?.state === 'pending' && isUpload(row) && row.upload.host === hostId) {
        this.#knownOf(row);
      } else {
        await removeJournal(files, home.draftFile(id));
      }
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const { completing, draft } of this.#known.values()) {
      await completing?.done.catch(() => {});
      await (await draft?.catch(() => undefined))?.[Symbol.asyncDispose]();
    }
  }

  /**
   * Makes room for a draft; `insert` writes its row, or another one's id where the request is one
   * that was answered before.
   */
  async begin(
    { account }: Viewer,
    id: string,
    insert: () => Promise<UploadRow>,
  ): Promise<UploadRow> {
    const pending = [...this.#known.values()].filter(({ row }) => row.account === account);
    if (pending.length >= pendingMax) {
      throw new ServiceError(
        'ServiceQuotaExceededException',
        `The account has ${pendingMax} snapshots that are being written: complete or delete some of them.`,
      );
    }
    const { files, home } = this.#services;
    await this.#prepare();
    await createJournal(files, home.draftFile(id));
    let row: UploadRow | undefined;
    try {
      row = await insert();
      return row;
    } finally {
      if (row?.id === id) this.#know(row);
      else await removeJournal(files, home.draftFile(id));
    }
  }

  /**
   * The block is durable, and a part of the snapshot, when it resolves. `read` reads it into the
   * room that it is given.
   */
  async put(
    viewer: Viewer,
    put: BlockPut,
    read: (room: Buffer) => Promise<PutBlock>,
  ): Promise<void> {
    const draft = await this.#known.get(put.snapshotId)?.draft?.catch(() => undefined);
    const patience = new Patience(this.#services.answerWithinMs);
    await this.#arrivals.run(
      () => read(draft?.room() ?? Buffer.allocUnsafeSlow(blockSizeBytes)),
      (block) => this.#putInTime(patience, () => this.#put(viewer, put, block)),
      patience,
    );
  }

  /** As far as it is when it is answered; goes on, where that takes longer. */
  async complete(row: UploadRow, asked: UploadCompletion): Promise<'completed' | 'pending'> {
    const known = this.#knownOf(row);
    known.usedAtMs = this.#now();
    const { completing } = known;
    if (completing && !isSameCompletion(completing.asked, asked)) throw beingCompleted(row.id);
    const done = this.#complete(known, asked).then(() => 'completed' as const);
    return new Patience(this.#services.answerWithinMs).within(done, () => 'pending');
  }

  /** Its row is no more. */
  async discard(id: string): Promise<void> {
    await this.#known.get(id)?.completing?.done.catch(() => {});
    await this.#forget(id);
  }

  /** Gives up what has been idle for its time, and completes what was to be completed. */
  async look(): Promise<void> {
    await this.#findOnce();
    for (const known of [...this.#known.values()]) {
      const { row, completing } = known;
      try {
        const { completion } = row.upload;
        if (completing) continue;
        if (completion) await this.#complete(known, completion);
        else if (this.#isIdle(known)) await this.#giveUp(known);
      } catch (error) {
        this.#services.log.error('a draft could not be ended', { snapshotId: row.id, error });
      }
    }
  }

  #prepare(): Promise<void> {
    const { files, home } = this.#services;
    this.#prepared ??= (async () => {
      await files.mkdir(home.draftsFolder, 0o700);
      await files.syncFolder(home.folder);
    })().catch((error) => {
      this.#prepared = undefined;
      throw error;
    });
    return this.#prepared;
  }

  #know(row: UploadRow): KnownDraft {
    const known: KnownDraft = {
      row,
      blockCount: blockCountOf(sizeBytesOf(row)),
      usedAtMs: this.#now(),
      progressToldMs: Number.NEGATIVE_INFINITY,
    };
    this.#known.set(row.id, known);
    return known;
  }

  #knownOf(row: UploadRow): KnownDraft {
    return this.#known.get(row.id) ?? this.#know(row);
  }

  #now(): number {
    return this.#services.clock.monotonicMs();
  }

  /** Where it takes longer it goes on, and its place here is another's. */
  async #putInTime(patience: Patience, put: () => Promise<void>): Promise<void> {
    if (this.#puts >= putsAtMost) throw throttled();
    this.#puts++;
    await patience.inTime(put().finally(() => this.#puts--));
  }

  async #put(viewer: Viewer, put: BlockPut, { block, digest }: PutBlock): Promise<void> {
    const { snapshotId: id, index, progressPercent } = put;
    const known = await this.#writable(viewer, id);
    if (index < 0 || index >= known.blockCount) {
      throw new ServiceError(
        'InvalidParameterValue',
        `The block index ${index} is not in the volume: it has ${known.blockCount} blocks.`,
      );
    }
    known.usedAtMs = this.#now();
    if (progressPercent !== undefined) known.progressPercent = progressPercent;
    try {
      await (await this.#open(known)).put(index, block, digest);
    } catch (error) {
      throw toldOfPut(error, id);
    }
    known.usedAtMs = this.#now();
  }

  /** By what is known already; a group of puts asks the catalog before it is kept. */
  async #writable(viewer: Viewer, id: string): Promise<KnownDraft> {
    const known = this.#known.get(id);
    if (known && isOwn(viewer, known.row)) return known;
    const { catalog, hostId } = this.#services;
    const row = await catalog.read((reader) => requiredUpload(reader, viewer, id));
    checkOpen(row, hostId);
    return this.#knownOf(row);
  }

  #open(known: KnownDraft): Promise<Draft> {
    const checkWanted = (written: number) => this.#checkWanted(known, written);
    known.draft ??= openDraft(this.#services, known.row, checkWanted).catch((error) => {
      known.draft = undefined;
      throw error;
    });
    return known.draft;
  }

  async #checkWanted(known: KnownDraft, written: number): Promise<void> {
    const { catalog, hostId, clock, checkRoom } = this.#services;
    const { id, region } = known.row;
    await checkRoom(region);
    const row = await catalog.read(async (reader) => {
      await checkKeyUsable(reader, known.row, clock.now());
      return reader.snapshots.get(id);
    });
    if (!row || !isUpload(row)) throw notFound('snapshot', [id]);
    checkOpen(row, hostId);
    await this.#tellProgress(known, row, written);
  }

  /** What the client says, or else what share of the volume is there. */
  async #tellProgress(known: KnownDraft, row: UploadRow, written: number): Promise<void> {
    const { blockCount, progressPercent = Math.floor((100 * written) / blockCount) } = known;
    const percent = Math.min(99, progressPercent);
    const now = this.#now();
    if (percent === row.progressPercent || now - known.progressToldMs < progressEveryMs) return;
    known.progressToldMs = now;
    await this.#services.catalog.write(async ({ snapshots }) => {
      const fresh = await snapshots.get(row.id);
      if (fresh) await snapshots.update({ ...fresh, progressPercent: percent });
    });
  }

  #complete(known: KnownDraft, asked: UploadCompletion): Promise<void> {
    known.completing ??= {
      asked,
      done: this.#finish(known, asked).finally(() => {
        known.completing = undefined;
      }),
    };
    return known.completing.done;
  }

  async #finish(known: KnownDraft, asked: UploadCompletion): Promise<void> {
    const { catalog, blocks, clock } = this.#services;
    const { id, region } = known.row;
    const draft = await this.#open(known).catch((error) => this.#giveUpUnsealable(id, error));
    await draft.close();
    try {
      await checkCompletion(draft, asked);
      await this.#recordCompletion(known, asked);
    } catch (error) {
      draft.reopen();
      throw error;
    }
    await using writer = blocks.of(region).begin();
    const volume = { sizeBytes: sizeBytesOf(known.row), base: known.row.upload.base?.root };
    const { root, fullSizeBytes } = await writeDraftMap(draft, writer, volume);
    await writer.commit();
    const done = await catalog.write((transaction) =>
      completeUpload(transaction, id, { root, fullSizeBytes }, clock.now()),
    );
    await this.#forget(id);
    if (!done) throw notFound('snapshot', [id]);
  }

  /** From now on it is completed whatever happens, and nothing is put any more. */
  async #recordCompletion(known: KnownDraft, completion: UploadCompletion): Promise<void> {
    const { catalog, hostId } = this.#services;
    const { id } = known.row;
    known.row = await catalog.write(async ({ snapshots }) => {
      const row = await snapshots.get(id);
      if (!row || !isUpload(row)) throw notFound('snapshot', [id]);
      if (row.state === 'pending' && row.upload.completion) return row;
      checkOpen(row, hostId);
      const upload = { ...row.upload, completion };
      return { ...(await snapshots.update({ ...row, upload })), upload };
    });
  }

  #isIdle({ row, usedAtMs }: KnownDraft): boolean {
    return this.#now() - usedAtMs >= row.upload.timeoutMinutes * 60_000;
  }

  async #giveUp(known: KnownDraft): Promise<void> {
    const { id, upload } = known.row;
    const draft = await known.draft?.catch(() => undefined);
    await draft?.close();
    // A put that was under way meanwhile.
    if (!this.#isIdle(known)) return draft?.reopen();
    const why = `Nothing was put for ${upload.timeoutMinutes} minutes.`;
    await this.#services.catalog.write((transaction) => failUpload(transaction, id, why));
    await this.#forget(id);
  }

  /** Without its key nobody can complete it, or read it. */
  async #giveUpUnsealable(id: string, error: unknown): Promise<never> {
    if (!(error instanceof KeyGoneError)) throw error;
    await this.#services.catalog.write((transaction) => failUpload(transaction, id, error.message));
    await this.#forget(id);
    throw new ServiceError('InvalidKMSKey.InvalidState', error.message);
  }

  async #forget(id: string): Promise<void> {
    const { files, home } = this.#services;
    const known = this.#known.get(id);
    this.#known.delete(id);
    const draft = await known?.draft?.catch(() => undefined);
    await draft?.[Symbol.asyncDispose]();
    await removeJournal(files, home.draftFile(id));
  }
}

function toldOfPut(error: unknown, id: string): unknown {
  if (error instanceof DraftClosedError) return beingCompleted(id);
  if (!(error instanceof WrongDigestError)) return error;
  return new ServiceError('InvalidBlock', 'The block has another checksum than Checksum says.');
}
