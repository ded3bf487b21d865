/**
 * Captures and copies in the rows of their snapshots: how they go on, and, inside the transaction
 * that ends them, how they end.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { StateReason, Tags } from '../catalog/rows/row.ts';
import { snapshotPointArn } from '../domain/backups/arns.ts';
import { endBackup } from '../domain/backups/jobs.ts';
import type { TaskServices } from './task.ts';

/** Often enough for a progress bar, seldom enough for the catalog. */
const progressEveryMs = 1000;

export async function completeSnapshots(
  transaction: CatalogTransaction,
  made: readonly { snapshotId: string; root: string; fullSizeBytes: number }[],
  now: Date,
  more: Tags = {},
): Promise<void> {
  const { snapshots } = transaction;
  for (const { snapshotId, root, fullSizeBytes } of made) {
    const snapshot = await snapshots.get(snapshotId);
    if (snapshot?.state !== 'pending') continue;
    const { cutLayer: _, ...rest } = snapshot;
    await snapshots.update({
      ...rest,
      state: 'completed',
      progressPercent: 100,
      completedAt: now.toISOString(),
      root,
      fullSizeBytes,
      tags: { ...snapshot.tags, ...more },
    });
    await endBackup(transaction, snapshotPointArn(snapshot), now);
  }
}

export async function failSnapshots(
  transaction: CatalogTransaction,
  wanted: readonly { snapshotId: string }[],
  reason: StateReason,
  now: Date,
): Promise<void> {
  const { snapshots } = transaction;
  for (const { snapshotId } of wanted) {
    const snapshot = await snapshots.get(snapshotId);
    if (snapshot?.state !== 'pending') continue;
    const { cutLayer: _, ...rest } = snapshot;
    await snapshots.update({ ...rest, state: 'error', stateMessage: reason.message });
    await endBackup(transaction, snapshotPointArn(snapshot), now, reason.message);
  }
}

/**
 * Writes the snapshot's progress now and then; a progress that could not be written harms nobody.
 */
export function progressWriter({ catalog, log }: TaskServices, snapshotId: string) {
  let writtenAt = Date.now();
  return (done: number, total: number) => {
    if (Date.now() - writtenAt < progressEveryMs) return;
    writtenAt = Date.now();
    // 100 % is told with `completed`.
    const progressPercent = Math.min(99, Math.floor((done / total) * 100));
    catalog
      .write(async ({ snapshots }) => {
        const row = await snapshots.get(snapshotId);
        if (row?.state === 'pending') await snapshots.update({ ...row, progressPercent });
      })
      .catch((error) => log.warn('progress could not be written', { snapshotId, error }));
  };
}
