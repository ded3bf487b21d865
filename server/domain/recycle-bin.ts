/**
 * The recycle bin: images and snapshots that were deleted while a retention rule (recycle-rules.ts)
 * was for them, until their time is over:
 *
 *   DeregisterImage, DeleteSnapshot --> in the bin --Restore…FromRecycleBin--> as it was
 *                                              \--its time is over--> gone
 *
 * What is in the bin is used and seen by nobody, and its name is free; only its owner lists and
 * restores it. Images and their snapshots go into the bin, and leave it, each by itself: an image
 * is restored when all its snapshots are there. That blocks stay meanwhile is block-roots.ts's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { Catalog, CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import { type FormerImageRow, type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import type { RecycledSnapshotRow, SnapshotRow } from '../catalog/rows/snapshot.ts';
import { settingsOf } from './account-settings.ts';
import { checkName } from './images.ts';
import { keptUntil } from './recycle-rules.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
import { isOwn, type Viewer } from './viewer.ts';

/** In one transaction: others wait for it. */
const removedAtOnce = 100;

export interface BinViewer extends Viewer {
  now: Date;
}

/** One whose time is over is as good as gone, even if nobody has taken it out yet. */
export function isInBin(viewer: BinViewer, row: FormerImageRow | RecycledSnapshotRow): boolean {
  const { recycledUntil } = row;
  return isOwn(viewer, row) && recycledUntil !== undefined && recycledUntil > iso(viewer.now);
}

export const recycledImages = requiredRows('formerImage', isInBin);
const recycledImage = requiredRow<FormerImageRow, BinViewer>(recycledImages);
export const recycledSnapshots = requiredRows('recycledSnapshot', isInBin);
const recycledSnapshot = requiredRow<RecycledSnapshotRow, BinViewer>(recycledSnapshots);

/** Into the bin, where a rule says so; gone at once otherwise, or if it never was completed. */
export async function removeSnapshot(
  transaction: CatalogTransaction,
  { version: _, ...snapshot }: SnapshotRow,
  now: Date,
): Promise<void> {
  await transaction.snapshots.delete(snapshot.id);
  if (snapshot.state !== 'completed') return;
  const recycledUntil = await keptUntil(transaction, 'EBS_SNAPSHOT', snapshot, now);
  if (recycledUntil === undefined) return;
  const recycledAt = now.toISOString();
  await transaction.recycledSnapshots.insert({ ...snapshot, recycledAt, recycledUntil });
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
    const [images, snapshots] = await catalog.read(async (reader) => [
      await reader.formerImages.listKeys('recycledUntil', range),
      await reader.recycledSnapshots.listKeys('recycledUntil', range),
    ]);
    const over = { images: images.filter(isOver), snapshots: snapshots.filter(isOver) };
    if (over.images.length + over.snapshots.length === 0) return;
    await catalog.write(async (transaction) => {
      for (const { id } of over.snapshots) await removeRecycled(transaction, id, now);
      for (const { id } of over.images) await forgetRecycled(transaction, id, now);
    });
  }
}

/** It may have been restored, and deleted again, since it was found. */
async function removeRecycled(
  { recycledSnapshots: table }: CatalogTransaction,
  id: string,
  now: Date,
): Promise<void> {
  const row = await table.get(id);
  if (row && row.recycledUntil <= iso(now)) await table.delete(id);
}

/** Instances of the image may still ask what it was. */
async function forgetRecycled(
  { formerImages }: CatalogTransaction,
  id: string,
  now: Date,
): Promise<void> {
  const row = await formerImages.get(id);
  if (!row?.recycledUntil || row.recycledUntil > iso(now)) return;
  const { recycledUntil: _, ...former } = row;
  await formerImages.update(former);
}

const iso = (time: Date) => time.toISOString();
