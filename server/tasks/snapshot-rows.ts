/** How a capture ends in the rows of its snapshots; inside the transaction that ends it. */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { StateReason } from '../catalog/rows/row.ts';
import type { VolumeCapture } from '../domain/order-capture.ts';
import type { UploadOutput } from './capture-steps.ts';

export async function completeSnapshots(
  { snapshots }: CatalogTransaction,
  uploaded: readonly UploadOutput[],
  now: Date,
): Promise<void> {
  for (const { snapshotId, root, fullSizeBytes } of uploaded) {
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
    });
  }
}

export async function failSnapshots(
  { snapshots }: CatalogTransaction,
  captures: readonly VolumeCapture[],
  reason: StateReason,
): Promise<void> {
  for (const { snapshotId } of captures) {
    const snapshot = await snapshots.get(snapshotId);
    if (snapshot?.state !== 'pending') continue;
    const { cutLayer: _, ...rest } = snapshot;
    await snapshots.update({ ...rest, state: 'error', stateMessage: reason.message });
  }
}
