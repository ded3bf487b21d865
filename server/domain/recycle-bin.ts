/**
 * The recycle bin: images, snapshots and volumes that were deleted while a retention rule
 * (recycle-rules.ts) was for them, until their time is over:
 *
 *   DeregisterImage, Delete… --> in the bin --Restore…FromRecycleBin--> as it was
 *                                       \--its time is over--> gone
 *
 * What is in the bin is used and seen by nobody, and its name is free; only its owner lists and
 * restores it. Images and their snapshots go into the bin, and leave it, each by itself: an image
 * is restored when all its snapshots are there. That blocks stay meanwhile is block-roots.ts's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import { type FormerImageRow, type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import type { RecycledSnapshotRow, SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { RecycledVolumeRow, VolumeRow } from '../catalog/rows/volume.ts';
import { settingsOf } from './account-settings.ts';
import { withoutMachine } from './backups/recorded-machine.ts';
import { checkSnapshotIsNoPoint } from './backups/recovery-points.ts';
import { forgetCopiesOf } from './backups/remote-copies.ts';
import { endFastRestores } from './fast-restores.ts';
import { checkName } from './images.ts';
import { keptUntil } from './recycle-rules.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
import { checkRestored, tieringFailed } from './snapshot-tiers.ts';
import { isOwn, type Owner, type Viewer } from './viewer.ts';

/** In one transaction: others wait for it. */
const removedAtOnce = 100;

export interface BinViewer extends Viewer {
  now: Date;
}

/** One whose time is over is as good as gone, even if nobody has taken it out yet. */
export function isInBin(viewer: BinViewer, row: Owner & { recycledUntil?: string }): boolean {
  const { recycledUntil } = row;
  return isOwn(viewer, row) && recycledUntil !== undefined && recycledUntil > iso(viewer.now);
}

export const recycledImages = requiredRows('formerImage', isInBin);
const recycledImage = requiredRow<FormerImageRow, BinViewer>(recycledImages);
export const recycledSnapshots = requiredRows('recycledSnapshot', isInBin);
const recycledSnapshot = requiredRow<RecycledSnapshotRow, BinViewer>(recycledSnapshots);
export const recycledVolumes = requiredRows('recycledVolume', isInBin);
const recycledVolume = requiredRow<RecycledVolumeRow, BinViewer>(recycledVolumes);

/**
 * Into the bin, where a rule says so; gone at once otherwise, or if it never was completed. Refused
 * where it is a recovery point.
 */
export async function removeSnapshot(
  transaction: CatalogTransaction,
  { version: _, ...row }: SnapshotRow,
  now: Date,
): Promise<void> {
  await checkSnapshotIsNoPoint(transaction, row);
  // Work on its archive ends when the row is gone, be it for a time.
  const snapshot = tieringFailed(row, 'It was deleted meanwhile.');
  await transaction.snapshots.delete(snapshot.id);
  await endFastRestores(transaction, snapshot.id, now);
  if (snapshot.state !== 'completed') return;
  const recycledUntil = await keptUntil(transaction, 'EBS_SNAPSHOT', snapshot, now);
  if (recycledUntil === undefined) return forgetCopiesOf(transaction, snapshot, snapshot.id);
  const recycledAt = now.toISOString();
  await transaction.recycledSnapshots.insert({ ...snapshot, recycledAt, recycledUntil });
}

/**
 * Into the bin with all its files, where a rule says so; `deleting` otherwise, and the driver does
 * the rest. What a capture still reads cannot be moved.
 */
export async function removeVolume(
  transaction: CatalogTransaction,
  volume: VolumeRow,
  now: Date,
): Promise<void> {
  const { snapshots, volumes, recycledVolumes: table } = transaction;
  const recycledUntil = await keptUntil(transaction, 'EBS_VOLUME', volume, now);
  if (recycledUntil === undefined) {
    await volumes.update({ ...volume, state: 'deleting' });
    return;
  }
  const where = { volumeId: volume.id, state: 'pending' };
  const [pending] = await snapshots.list({ where, limit: 1 });
  if (pending) {
    throw new ServiceError(
      'IncorrectState',
      `The volume ${volume.id} is still being read for the snapshot ${pending.id}; delete it when that is completed.`,
    );
  }
  const { version: _, ...kept } = volume;
  await volumes.delete(volume.id);
  await table.insert({ ...kept, recycledAt: now.toISOString(), recycledUntil });
}

export async function restoreVolume(
  transaction: CatalogTransaction,
  viewer: BinViewer,
  id: string,
): Promise<void> {
  await takeVolumeOut(transaction, await recycledVolume(transaction, viewer, id), 'available');
}

async function takeVolumeOut(
  { volumes, recycledVolumes: table }: CatalogTransaction,
  { version: _, recycledAt: __, recycledUntil: ___, ...volume }: RecycledVolumeRow,
  state: VolumeRow['state'],
): Promise<void> {
  await table.delete(volume.id);
  await volumes.insert({ ...volume, state });
}

/**
 * As it was: disabled, deprecated, shared; but not with all where the account has blocked that
 * meanwhile.
 */
export async function restoreImage(
  transaction: CatalogTransaction,
  viewer: BinViewer,
  id: string,
): Promise<void> {
  const recycled = await recycledImage(transaction, viewer, id);
  const { version: _, deregisteredAt: __, recycledUntil: ___, ...image } = recycled;
  await checkSnapshots(transaction, image);
  if (image.state !== 'disabled') await checkRestored(transaction, image);
  await checkName(transaction, viewer, image.name);
  const { imageBlockPublicAccess = 'unblocked' } = await settingsOf(transaction, viewer);
  const launchPermissions = sharedStill(image.launchPermissions, imageBlockPublicAccess);
  await transaction.formerImages.delete(id);
  await transaction.images.insert({ ...image, launchPermissions });
}

async function checkSnapshots({ snapshots }: CatalogReader, image: ImageRow): Promise<void> {
  for (const id of snapshotIdsOf(image)) {
    if ((await snapshots.get(id))?.state === 'completed') continue;
    throw new ServiceError(
      'InvalidSnapshot.NotFound',
      `The snapshot '${id}' of the image ${image.id} does not exist; if it is in the Recycle Bin, restore it first.`,
    );
  }
}

/** As `restoreImage` does. */
export async function restoreSnapshot(
  transaction: CatalogTransaction,
  viewer: BinViewer,
  id: string,
): Promise<SnapshotRow> {
  const recycled = await recycledSnapshot(transaction, viewer, id);
  const { version: _, recycledAt: __, recycledUntil: ___, ...kept } = recycled;
  const { publicAccessBlocked: ____, createVolumePermissions: before, ...snapshot } = kept;
  const { snapshotBlockPublicAccess = 'unblocked' } = await settingsOf(transaction, viewer);
  const createVolumePermissions = before && sharedStill(before, snapshotBlockPublicAccess);
  const row = { ...snapshot, createVolumePermissions };
  await transaction.recycledSnapshots.delete(id);
  await transaction.snapshots.insert(row);
  return row;
}

function sharedStill(permissions: readonly string[], publicAccess: string): string[] {
  return permissions.filter((each) => each !== 'all' || publicAccess === 'unblocked');
}

/** Takes out what has been there long enough: what it costs depends on that alone. */
export async function emptyRecycleBin(catalog: Catalog, now: Date): Promise<void> {
  const isOver = ({ value }: { value: string }) => value <= iso(now);
  const range = { prefix: '', limit: removedAtOnce };
  for (;;) {
    const oldest = await catalog.read(async (reader) => ({
      images: await reader.formerImages.listKeys('recycledUntil', range),
      snapshots: await reader.recycledSnapshots.listKeys('recycledUntil', range),
      volumes: await reader.recycledVolumes.listKeys('recycledUntil', range),
    }));
    const images = oldest.images.filter(isOver);
    const snapshots = oldest.snapshots.filter(isOver);
    const volumes = oldest.volumes.filter(isOver);
    if (images.length + snapshots.length + volumes.length === 0) return;
    await catalog.write(async (transaction) => {
      for (const { id } of snapshots) await removeRecycled(transaction, id, now);
      for (const { id } of volumes) await removeRecycledVolume(transaction, id, now);
      for (const { id } of images) await forgetRecycled(transaction, id, now);
    });
  }
}

/** Its files are the driver's to remove. */
async function removeRecycledVolume(
  transaction: CatalogTransaction,
  id: string,
  now: Date,
): Promise<void> {
  const row = await transaction.recycledVolumes.get(id);
  if (row && row.recycledUntil <= iso(now)) await takeVolumeOut(transaction, row, 'deleting');
}

/** It may have been restored, and deleted again, since it was found. */
async function removeRecycled(
  transaction: CatalogTransaction,
  id: string,
  now: Date,
): Promise<void> {
  const { recycledSnapshots: table } = transaction;
  const row = await table.get(id);
  if (!row || row.recycledUntil > iso(now)) return;
  await table.delete(id);
  await forgetCopiesOf(transaction, row, id);
}

/** Instances of the image may still ask what it was. */
async function forgetRecycled(
  transaction: CatalogTransaction,
  id: string,
  now: Date,
): Promise<void> {
  const { formerImages } = transaction;
  const row = await formerImages.get(id);
  if (!row?.recycledUntil || row.recycledUntil > iso(now)) return;
  const { recycledUntil: _, ...former } = row;
  await formerImages.update(withoutMachine(former));
  await forgetCopiesOf(transaction, former, id);
}

const iso = (time: Date) => time.toISOString();
