import type {
  DeleteSnapshotReturnCode,
  DeregisterImageRequest,
  DeregisterImageResult,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../../../catalog/rows/image.ts';
import { snapshotPointArn } from '../../../domain/backups/arns.ts';
import { isPoint } from '../../../domain/backups/recovery-points.ts';
import { retireImage } from '../../../domain/image-states.ts';
import { imageUsing, requiredOwnImage } from '../../../domain/images.ts';
import { cancelUnwanted } from '../../../domain/order-capture.ts';
import { removeSnapshot } from '../../../domain/recycle-bin.ts';
import { isLocked } from '../../../domain/snapshot-locks.ts';
import type { Operation } from '../../operation.ts';

/**
 * Instances that were launched from the image go on; a capture that is still making it ends with
 * its snapshots alone, or, without them, is undone.
 */
export const deregisterImage: Operation<DeregisterImageRequest, DeregisterImageResult> = {
  accepts: ['ImageId', 'DeleteAssociatedSnapshots'],
  async run({ ImageId, DeleteAssociatedSnapshots: withSnapshots }, { catalog, caller, clock }) {
    const results = await catalog.write(async (transaction) => {
      const image = await requiredOwnImage(transaction, caller, ImageId);
      const now = clock.now();
      await retireImage(transaction, image, now);
      const deleted = withSnapshots ? await deleteSnapshots(transaction, image, now) : undefined;
      if (image.state === 'pending') await cancelUnwanted(transaction, caller);
      return deleted;
    });
    return { Return: true, DeleteSnapshotResults: results };
  },
};

async function deleteSnapshots(
  transaction: CatalogTransaction,
  image: ImageRow,
  now: Date,
): Promise<DeleteSnapshotReturnCode[]> {
  const results: DeleteSnapshotReturnCode[] = [];
  for (const id of snapshotIdsOf(image)) {
    const snapshot = await transaction.snapshots.get(id);
    // EC2's codes.
    let ReturnCode = 'success';
    if (!snapshot || snapshot.account !== image.account) ReturnCode = 'missing-permissions';
    else if (await imageUsing(transaction, snapshot)) ReturnCode = 'skipped';
    else if (isLocked(snapshot, now)) ReturnCode = 'client-error';
    else if (await isPoint(transaction, snapshotPointArn(snapshot))) ReturnCode = 'client-error';
    else await removeSnapshot(transaction, snapshot, now);
    results.push({ SnapshotId: id, ReturnCode });
  }
  return results;
}
