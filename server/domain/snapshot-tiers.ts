/**
 * The storage tiers of snapshots. In the archive a snapshot is one file, and its blocks are no
 * longer kept in the store for it; nobody can use it before it is restored:
 *
 *   standard --ModifySnapshotTier--> archive --RestoreSnapshotTier, permanent--> standard
 *                                     |   ^
 *                    RestoreSnapshotTier, temporary   its time is over, and no image needs it
 *                                     v   |
 *                                    standard, and in the archive --…, permanent--> standard
 *
 * While it is on its way to the archive it is used as before. The work is done by
 * tasks/archive-snapshot.ts and tasks/restore-snapshot.ts.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import { snapshotIdsOf } from '../catalog/rows/image.ts';
import type { SnapshotArchive, SnapshotRow, SnapshotTiering } from '../catalog/rows/snapshot.ts';
import { endFastRestores } from './fast-restores.ts';
import type { Clock, Ids } from './identity.ts';
import { completed, requiredOwnSnapshot } from './snapshots.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import type { Viewer } from './viewer.ts';

/** EC2's limit of a temporary restore. */
const restoreDaysMax = 180;
const dayMs = 24 * 60 * 60 * 1000;
/** In one transaction: others wait for it. */
const endedAtOnce = 100;

export interface TierIdentity {
  clock: Clock;
  ids: Ids;
  hostId: string;
}

export interface ArchiveSnapshotInput {
  snapshotId: string;
  /** Tells it from another time that the same snapshot is archived. */
  startedAt: string;
  root: string;
}

export interface RestoreSnapshotInput {
  snapshotId: string;
  startedAt: string;
  /** Its blocks are not in the store yet: collection has nothing to look at. */
  map: string;
  /** Absent: for good. */
  days?: number;
}

export function storageTier({ archive, root }: SnapshotRow): 'archive' | 'standard' {
  return archive && root === undefined ? 'archive' : 'standard';
}

/** What its blocks are named by: in the archive alone, once it is restored. */
export function mapOf({ root, archive }: Pick<SnapshotRow, 'root' | 'archive'>) {
  return root ?? archive?.map;
}

/** EC2's word for what was done last, if anything ever was. */
export function tieringStatus({ tiering }: SnapshotRow): string | undefined {
  return tiering && `${tiering.operation}-${tiering.state}`;
}

/** In a transaction that writes the task, too. */
export async function orderArchival(
  transaction: CatalogTransaction,
  viewer: Viewer,
  id: string,
  identity: TierIdentity,
): Promise<SnapshotTiering> {
  const snapshot = await requiredOwnSnapshot(transaction, viewer, id);
  checkIdle(snapshot);
  const { root } = completed(snapshot);
  if (snapshot.archive) {
    throw incorrect(`The snapshot '${id}' is in the archive, and restored temporarily.`);
  }
  await checkNotNeeded(transaction, snapshot);
  const row = begun(snapshot, 'archival', identity.clock.now());
  await transaction.snapshots.update(row);
  const input: ArchiveSnapshotInput = { snapshotId: id, startedAt: row.tiering.startedAt, root };
  await orderTask(transaction, row, { kind: 'archive-snapshot', input }, identity);
  return row.tiering;
}

export interface RestoreOrder {
  /** Absent: for good. */
  days?: number;
}

/** Of one that is restored for a time only that time is changed. */
export async function orderRestore(
  transaction: CatalogTransaction,
  viewer: Viewer,
  id: string,
  { days, ...identity }: TierIdentity & RestoreOrder,
): Promise<SnapshotTiering> {
  if (days !== undefined && !(Number.isInteger(days) && days >= 1 && days <= restoreDaysMax)) {
    const range = `from 1 to ${restoreDaysMax}`;
    throw new ServiceError('InvalidParameterValue', `TemporaryRestoreDays is ${range}.`);
  }
  const snapshot = await requiredOwnSnapshot(transaction, viewer, id);
  checkIdle(snapshot);
  const { archive } = snapshot;
  if (!archive) throw incorrect(`The snapshot '${id}' is not archived.`);
  const operation = days === undefined ? 'permanent-restore' : 'temporary-restore';
  const now = identity.clock.now();
  const row = begun(snapshot, operation, now);
  if (snapshot.root !== undefined && days !== undefined) {
    const { tiering, ...longer } = restored(row, { days, now });
    await transaction.snapshots.update({ ...longer, tiering });
    return tiering ?? row.tiering;
  }
  await transaction.snapshots.update(row);
  const { startedAt } = row.tiering;
  const input: RestoreSnapshotInput = { snapshotId: id, startedAt, map: archive.map, days };
  const where = { ...identity, hostId: archive.host };
  await orderTask(transaction, row, { kind: 'restore-snapshot', input }, where);
  return row.tiering;
}

async function orderTask(
  { tasks }: CatalogTransaction,
  { id: subject, account, region }: SnapshotRow,
  { kind, input }: { kind: string; input: unknown },
  { hostId: host, ...identity }: TierIdentity,
): Promise<void> {
  await tasks.insert(newTask({ kind, subject, account, region, host, input }, identity));
}

function begun(
  snapshot: SnapshotRow,
  operation: SnapshotTiering['operation'],
  now: Date,
): SnapshotRow & { tiering: SnapshotTiering } {
  const tiering: SnapshotTiering = {
    operation,
    state: 'in-progress',
    startedAt: now.toISOString(),
    progressPercent: 0,
    ...(snapshot.tiering?.archivedAt !== undefined && { archivedAt: snapshot.tiering.archivedAt }),
  };
  return { ...snapshot, tiering };
}

function checkIdle({ id, tiering }: SnapshotRow): void {
  if (tiering?.state !== 'in-progress') return;
  const what = tiering.operation === 'archival' ? 'archived' : 'restored';
  throw incorrect(`The snapshot '${id}' is being ${what}.`);
}

/** Whether that is still what is done with it: it may have been deleted, and restored, meanwhile. */
export function isUnderWay(
  snapshot: SnapshotRow | undefined,
  { startedAt }: { startedAt: string },
): snapshot is SnapshotRow & { tiering: SnapshotTiering } {
  const { tiering } = snapshot ?? {};
  return tiering?.state === 'in-progress' && tiering.startedAt === startedAt;
}

/** Images that are disabled need nothing: they are enabled when all of theirs is restored. */
export async function checkNotNeeded(reader: CatalogReader, { id }: SnapshotRow): Promise<void> {
  const image = await imageNeeding(reader, id);
  if (!image) return;
  throw new ServiceError(
    'InvalidSnapshot.InUse',
    `The snapshot ${id} is currently in use by ${image.id}; disable the image first.`,
  );
}

async function imageNeeding({ images }: CatalogReader, snapshot: string) {
  const state: ImageRow['state'][] = ['pending', 'available', 'failed'];
  const [image] = await images.list({ where: { snapshot, state }, limit: 1 });
  return image;
}

/** Of an image that is about to be used again: for good, as nobody else waits for it then. */
export async function checkRestored({ snapshots }: CatalogReader, image: ImageRow): Promise<void> {
  for (const id of snapshotIdsOf(image)) {
    const snapshot = await snapshots.get(id);
    if (!snapshot?.archive) continue;
    throw incorrect(
      `The snapshot '${id}' of the image ${image.id} is archived; restore it permanently first.`,
    );
  }
}

/** Its file is there. Whom it was shared with, and that it was restored fast, does not come back. */
export async function becomeArchived(
  transaction: CatalogTransaction,
  snapshot: SnapshotRow & { tiering: SnapshotTiering },
  archive: Pick<SnapshotArchive, 'map' | 'host' | 'sizeBytes'>,
  now: Date,
): Promise<void> {
  await transaction.snapshots.update(archived(snapshot, archive, now));
  await endFastRestores(transaction, snapshot.id, now);
}

function archived(
  snapshot: SnapshotRow & { tiering: SnapshotTiering },
  archive: Pick<SnapshotArchive, 'map' | 'host' | 'sizeBytes'>,
  now: Date,
): SnapshotRow {
  const { root: _, createVolumePermissions: __, publicAccessBlocked: ___, ...rest } = snapshot;
  return { ...rest, archive, tiering: { ...ended(rest.tiering), archivedAt: now.toISOString() } };
}

/** The archival is taken back. */
export function unarchived(snapshot: SnapshotRow, startedAt: string): SnapshotRow | undefined {
  const { archive, tiering, ...rest } = snapshot;
  const isOfIt = tiering?.operation === 'archival' && tiering.startedAt === startedAt;
  if (!archive || !isOfIt) return undefined;
  const { archivedAt: _, ...before } = tiering;
  return { ...rest, root: archive.map, tiering: { ...before, state: 'in-progress' } };
}

/** Its file is lost and its blocks are in the store: as if it had not come to be archived. */
export function outOfArchive<Row extends SnapshotRow>(snapshot: Row, detail: string): Row {
  const { archive, tiering, ...rest } = snapshot;
  const { archivedAt: _, ...before } = tiering ?? { startedAt: snapshot.startedAt };
  const failed = { operation: 'archival', state: 'failed', progressPercent: 0, detail } as const;
  return { ...rest, root: archive?.map, tiering: { ...before, ...failed } } as Row;
}

/** Its blocks are in the store. */
export function restored(
  snapshot: SnapshotRow & { tiering: SnapshotTiering },
  { days, now }: { days?: number; now: Date },
): SnapshotRow {
  const { archive, ...rest } = snapshot;
  if (!archive) return snapshot;
  const row = { ...rest, root: archive.map, tiering: ended(rest.tiering) };
  if (days === undefined) return row;
  const restoredUntil = new Date(now.getTime() + days * dayMs).toISOString();
  return { ...row, archive: { ...archive, restoredUntil } };
}

export function tieringFailed(snapshot: SnapshotRow, detail: string): SnapshotRow {
  const { tiering } = snapshot;
  if (tiering?.state !== 'in-progress') return snapshot;
  return { ...snapshot, tiering: { ...tiering, state: 'failed', detail } };
}

function ended(tiering: SnapshotTiering): SnapshotTiering {
  return { ...tiering, state: 'completed', progressPercent: 100 };
}

/**
 * Takes away what was restored for a time that is over, unless an image needs it: one that was made
 * of it keeps it until it is disabled.
 */
export async function endTemporaryRestores(catalog: Catalog, now: Date): Promise<void> {
  const at = now.toISOString();
  let after: { value: string; id: string } | undefined;
  for (;;) {
    const range = { prefix: '', after, limit: endedAtOnce };
    const keys = await catalog.read(({ snapshots }) => snapshots.listKeys('restoredUntil', range));
    const over = keys.filter(({ value }) => value <= at);
    if (over.length === 0) return;
    await catalog.write(async (transaction) => {
      for (const { id } of over) await endRestore(transaction, id, now);
    });
    after = over.at(-1);
  }
}

async function endRestore(transaction: CatalogTransaction, id: string, now: Date): Promise<void> {
  const snapshot = await transaction.snapshots.get(id);
  if (!snapshot?.archive || snapshot.tiering?.state === 'in-progress') return;
  const { restoredUntil, ...archive } = snapshot.archive;
  if (restoredUntil === undefined || restoredUntil > now.toISOString()) return;
  if (await imageNeeding(transaction, id)) return;
  const { root: _, createVolumePermissions: __, publicAccessBlocked: ___, ...rest } = snapshot;
  await transaction.snapshots.update({ ...rest, archive });
  await endFastRestores(transaction, id, now);
}

/** Those whose file this host has, be they deleted and in the recycle bin. */
export async function archivedSnapshots(
  { snapshots, recycledSnapshots }: CatalogReader,
  hostId: string,
): Promise<{ id: string; account: string; map: string; sizeBytes: number }[]> {
  const found = [];
  for (const table of [snapshots, recycledSnapshots]) {
    for await (const { id, account, archive } of table.scan()) {
      if (archive?.host !== hostId) continue;
      found.push({ id, account, map: archive.map, sizeBytes: archive.sizeBytes });
    }
  }
  return found;
}

/** Where archived snapshots are on this host. */
export interface ArchiveFiles {
  /** Whose files there are, be they whole or not. */
  list(): Promise<string[]>;
  remove(snapshotId: string): Promise<void>;
}

/** What no row names and no task works on: of those that were found so before, too. Answers all. */
export async function removeUnnamedArchives(
  catalog: Catalog,
  archives: ArchiveFiles,
  before: ReadonlySet<string>,
): Promise<Set<string>> {
  const unnamed = new Set<string>();
  for (const id of await archives.list()) {
    if ((await isNamed(catalog, id)) || (await isWorkedOn(catalog, id))) continue;
    unnamed.add(id);
    if (before.has(id)) await archives.remove(id);
  }
  return unnamed;
}

/** By whoever works on it, or has removed its row. */
export async function removeUnnamedArchive(
  catalog: Catalog,
  archives: ArchiveFiles,
  id: string,
): Promise<void> {
  if (!(await isNamed(catalog, id))) await archives.remove(id);
}

function isNamed(catalog: Catalog, id: string): Promise<boolean> {
  return catalog.read(async ({ snapshots, recycledSnapshots }) => {
    const row = (await snapshots.get(id)) ?? (await recycledSnapshots.get(id));
    return row?.archive !== undefined;
  });
}

async function isWorkedOn(catalog: Catalog, subject: string): Promise<boolean> {
  const where = { subject, state: unfinishedStates };
  return (await catalog.read(({ tasks }) => tasks.count({ where }))) > 0;
}

function incorrect(message: string): ServiceError {
  return new ServiceError('IncorrectState', message);
}
