/**
 * What goes with a backup when a rule, a lifecycle or its owner removes it: an image takes along its
 * snapshots, as far as nothing else needs them. Whether it may go is asked by who removes it; an
 * image that is protected, and what is a recovery point, is refused before anything is written.
 */
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { retireImage } from '../image-states.ts';
import { imageUsing } from '../images.ts';
import { removeSnapshot } from '../recycle-bin.ts';
import { isLocked } from '../snapshot-locks.ts';
import { snapshotPointArn } from './arns.ts';
import { isPoint } from './recovery-points.ts';

/** Whoever takes out of the bin what a policy removed has it as theirs: no policy removes it again. */
export function ownersOnly<Row extends ImageRow | SnapshotRow>(row: Row): Row {
  if (!row.backup) return row;
  const { policyId: _, schedule: __, alsoFor: ___, ...backup } = row.backup;
  return { ...row, backup };
}

export async function removeImage(
  transaction: CatalogTransaction,
  image: ImageRow,
  now: Date,
): Promise<void> {
  await retireImage(transaction, image, now);
  for (const id of snapshotIdsOf(image)) {
    const snapshot = await transaction.snapshots.get(id);
    if (snapshot?.account === image.account) await removeIfFree(transaction, snapshot, now);
  }
}

export async function removeIfFree(
  transaction: CatalogTransaction,
  snapshot: SnapshotRow,
  now: Date,
): Promise<void> {
  if (await isFree(transaction, snapshot, now)) await removeSnapshot(transaction, snapshot, now);
}

/** Nothing but what is asked elsewhere keeps it. */
export async function isFree(
  reader: CatalogReader,
  snapshot: SnapshotRow,
  now: Date,
): Promise<boolean> {
  if (isLocked(snapshot, now) || (await imageUsing(reader, snapshot))) return false;
  return !(await isPoint(reader, snapshotPointArn(snapshot)));
}
