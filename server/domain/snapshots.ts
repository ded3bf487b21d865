/**
 * Snapshots: an immutable map of blocks, in two states and an unhappy one:
 *
 *   CreateSnapshot, CreateImage --> pending --uploaded--> completed --DeleteSnapshot--> (no row)
 *   CopySnapshot, CopyImage ---------/ \--failed--> error --DeleteSnapshot--> (no row)
 *
 * Nothing depends on a snapshot's row but images: volumes hold the root digest of their base
 * themselves.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { Tags } from '../catalog/rows/row.ts';
import { type SnapshotRow, snapshotViewers } from '../catalog/rows/snapshot.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { imageUsing } from './images.ts';
import { productCodesOf } from './product-codes.ts';
import { requiredRow, requiredRows } from './resource-ids.ts';
import { checkUnlocked } from './snapshot-locks.ts';
import { type Owner, type Viewer, visibleTo } from './viewer.ts';

/** Own snapshots, public ones and those shared with its account, of one region. */
export function seesSnapshot(viewer: Viewer, snapshot: SnapshotRow): boolean {
  const keys = visibleTo(viewer);
  return snapshotViewers(snapshot).some((key) => keys.includes(key));
}

export const requiredSnapshots = requiredRows('snapshot', seesSnapshot);
export const requiredSnapshot = requiredRow<SnapshotRow, Viewer>(requiredSnapshots);

/** One that is the viewer's to change: another account's, even a public one, is refused. */
export async function requiredOwnSnapshot(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
): Promise<SnapshotRow> {
  const snapshot = await requiredSnapshot(reader, viewer, id);
  if (snapshot.account === viewer.account) return snapshot;
  throw new ServiceError(
    'AuthFailure',
    `Not authorized for snapshot ${snapshot.id}: it belongs to account ${snapshot.account}.`,
  );
}

/** Changes one's own snapshot, in the transaction that has read it. */
export async function changeOwnSnapshot(
  transaction: CatalogTransaction,
  viewer: Viewer,
  id: string,
  change: (snapshot: SnapshotRow) => SnapshotRow,
): Promise<SnapshotRow> {
  const snapshot = await requiredOwnSnapshot(transaction, viewer, id);
  return transaction.snapshots.update(change(snapshot));
}

/** EC2's volume id in snapshots that no volume of their region was the source of. */
export const noVolumeId = 'vol-ffffffff';

/** Its map is there to be read. */
export type CompletedSnapshot = SnapshotRow & { root: string };

/** The snapshots that mappings of a request name: every volume that is promised can be made. */
export async function snapshotsOfMappings(
  reader: CatalogReader,
  viewer: Viewer,
  mappings: readonly { snapshotId?: string }[],
): Promise<CompletedSnapshot[]> {
  const ids = mappings.map(({ snapshotId }) => snapshotId).filter((id) => id !== undefined);
  return (await requiredSnapshots(reader, viewer, ids)).map(completed);
}

export function completed(snapshot: SnapshotRow): CompletedSnapshot {
  const { root } = snapshot;
  if (snapshot.state === 'completed' && root !== undefined) return { ...snapshot, root };
  if (snapshot.archive) {
    throw new ServiceError(
      'IncorrectState',
      `The snapshot '${snapshot.id}' is archived; restore it first.`,
    );
  }
  throw new ServiceError(
    'IncorrectState',
    `The snapshot '${snapshot.id}' is not completed; its state is ${snapshot.state}.`,
  );
}

interface AboutSnapshot {
  id: string;
  description: string;
  tags: Tags;
  now: Date;
}

/** What its blocks are sealed under. */
type Encrypted = Pick<SnapshotRow, 'encryption'>;

/** Whose blocks come from elsewhere than a volume here, unless one is named. */
export function begunSnapshot(
  { account, region }: Owner,
  about: AboutSnapshot & { volumeSizeGiB: number; volumeId?: string } & Encrypted,
): SnapshotRow {
  const { id, description, tags, now, volumeSizeGiB, volumeId = noVolumeId, encryption } = about;
  const at = now.toISOString();
  return {
    id,
    account,
    region,
    createdAt: at,
    startedAt: at,
    state: 'pending',
    description,
    volumeId,
    volumeSizeGiB,
    progressPercent: 0,
    ...(encryption && { encryption }),
    tags,
  };
}

export function pendingSnapshot(volume: VolumeRow, about: AboutSnapshot): SnapshotRow {
  const { id: volumeId, sizeGiB: volumeSizeGiB, encryption } = volume;
  return {
    ...begunSnapshot(volume, { ...about, volumeId, volumeSizeGiB, encryption }),
    ...productCodesOf(volume),
  };
}

export async function checkDeletable(
  reader: CatalogReader,
  snapshot: SnapshotRow,
  now: Date,
): Promise<void> {
  checkUnlocked(snapshot, now);
  const image = await imageUsing(reader, snapshot);
  if (image) {
    throw new ServiceError(
      'InvalidSnapshot.InUse',
      `The snapshot ${snapshot.id} is currently in use by ${image.id}`,
    );
  }
}
