/** Snapshots. */
import type { BackupOrigin, DrillResult } from './backup.ts';
import type { DatedLock } from './lock-date.ts';
import type { RecordedSet } from './recorded-machine.ts';
import { type OwnedRow, type Tags, viewerKey, viewerPart } from './row.ts';

export interface SnapshotRow extends OwnedRow {
  state: 'pending' | 'completed' | 'error';
  stateMessage?: string;
  description: string;
  volumeId: string;
  volumeSizeGiB: number;
  /** 0 to 100. */
  progressPercent: number;
  startedAt: string;
  completedAt?: string;
  /**
   * Root digest of the block map; present exactly when `state` is `completed`, unless the snapshot
   * is in the archive alone.
   */
  root?: string;
  /** Bytes of non-zero blocks that the map names. */
  fullSizeBytes?: number;
  /**
   * While `pending`, from the pivot on: the snapshot is the volume's base and its layers below this
   * number.
   */
  cutLayer?: number;
  /** Its blocks are put into it one by one, or were: a draft, while `pending`. */
  upload?: SnapshotUpload;
  /** Its blocks are sealed under that key of kms. Absent: they are plain. */
  encryption?: SnapshotEncryption;
  /** It is a copy. */
  copiedFrom?: { snapshotId: string; region: string };
  ownerAlias?: string;
  /** Who besides its owner makes volumes of it: accounts, `all`. Absent: nobody. */
  createVolumePermissions?: string[];
  /** Its owner lets none of its snapshots be public: `all` is as good as nobody. */
  publicAccessBlocked?: true;
  /** Keeps it from being deleted, until it expires. */
  lock?: SnapshotLock;
  /** Of the marketplace's products that it is of. */
  productCodes?: string[];
  /** It has a file in the archive: all that there is of it, unless it has a `root`, too. */
  archive?: SnapshotArchive;
  /** The last time that it went into the archive or came out of it, or was to. */
  tiering?: SnapshotTiering;
  /** It was ordered as a backup; those of an image that was are the image's. */
  backup?: BackupOrigin;
  /** Of a boot disk, taken with the machine's other volumes: what a restore needs to know of it. */
  set?: RecordedSet;
  lastDrill?: DrillResult;
  tags: Tags;
}

export interface SnapshotEncryption {
  keyId: string;
  /** The key's account, where that is another than the snapshot's. */
  keyOwner?: string;
}

export interface SnapshotArchive {
  /** What its root is when it is restored: no block of it need be in the store. */
  map: string;
  /** That has the file. */
  host: string;
  sizeBytes: number;
  /** It is restored, until then. */
  restoredUntil?: string;
}

/** See domain/snapshot-tiers.ts. */
export interface SnapshotTiering {
  operation: 'archival' | 'temporary-restore' | 'permanent-restore';
  state: 'in-progress' | 'completed' | 'failed';
  startedAt: string;
  /** 0 to 100. */
  progressPercent: number;
  detail?: string;
  /** When it was archived last. */
  archivedAt?: string;
}

/** See server/drafts. */
export interface SnapshotUpload {
  /** That has the draft. */
  host: string;
  parentSnapshotId?: string;
  /** What the blocks are put over, be the parent itself deleted; while `pending`. */
  base?: { root: string };
  timeoutMinutes: number;
  /** It was asked to be completed: no block is put any more. */
  completion?: UploadCompletion;
}

/** As the client has it, which may ask again. */
export interface UploadCompletion {
  changedBlocks: number;
  /** Of the digests of all blocks that were put, in order of their index; in base64. */
  checksum?: string;
}

/** What becomes of it with time is domain/snapshot-locks.ts's. */
export interface SnapshotLock extends DatedLock {
  mode: 'governance' | 'compliance';
  createdAt: string;
  /** When it was last changed: durations and the cooling-off period begin there. */
  since: string;
  /** Either, or `expiresAt`. */
  durationDays?: number;
  expiresAt?: string;
  coolOffHours?: number;
}

/** Until then the lock may be changed. Undefined: it has no cooling-off period. */
export function coolOffEnd({ since, coolOffHours }: SnapshotLock): string | undefined {
  if (coolOffHours === undefined) return undefined;
  return new Date(Date.parse(since) + coolOffHours * hourMs).toISOString();
}

const hourMs = 3_600_000;

/** One that was deleted and is in the recycle bin. */
export interface RecycledSnapshotRow extends SnapshotRow {
  recycledAt: string;
  /** When it leaves. */
  recycledUntil: string;
}

/** Whom it is shared with, in effect. */
export function snapshotGrantees({
  createVolumePermissions = [],
  publicAccessBlocked,
}: SnapshotRow): string[] {
  return createVolumePermissions.filter((grantee) => grantee !== 'all' || !publicAccessBlocked);
}

/**
 * Whom the snapshot is shown to, as `viewerKey` has it. This alone says so, to look-ups by id and
 * to the index of lists.
 */
export function snapshotViewers(row: SnapshotRow): string[] {
  const { region, account } = row;
  return [account, ...snapshotGrantees(row)].map((viewer) => viewerKey(region, viewer));
}

export function viewerOwnersOfSnapshot(row: SnapshotRow): string[] {
  return snapshotViewers(row).map((viewer) => viewerPart(viewer, row.account));
}

/** The state that nearly all snapshots are in: nothing is found by it. */
export const usualSnapshotState = 'completed';

export function viewerStatesOfSnapshot(row: SnapshotRow): string[] {
  if (row.state === usualSnapshotState) return [];
  return snapshotViewers(row).map((viewer) => viewerPart(viewer, row.state));
}

/** Its owner, where it is shared with all, be that blocked or not. */
export function publicOwner({ region, account, createVolumePermissions }: SnapshotRow): string[] {
  return createVolumePermissions?.includes('all') ? [viewerKey(region, account)] : [];
}

/** Its owner, where it has a lock, be it expired. */
export function lockOwner({ region, account, lock }: SnapshotRow): string[] {
  return lock ? [viewerKey(region, account)] : [];
}
