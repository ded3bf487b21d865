import type {
  DeleteSnapshotReturnCode,
  DeregisterImageRequest,
  DeregisterImageResult,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import { type ImageRow, snapshotIdsOf } from '../../../catalog/rows/image.ts';
import { imageUsing, requiredOwnImage } from '../../../domain/images.ts';
import type { Operation } from '../../operation.ts';

/** Instances that were launched from the image go on; a capture that is still making it ends with its snapshots alone. */
export const deregisterImage: Operation<DeregisterImageRequest, DeregisterImageResult> = {
  accepts: ['ImageId', 'DeleteAssociatedSnapshots'],
  async run({ ImageId, DeleteAssociatedSnapshots: withSnapshots }, { catalog, caller }) {
    const results = await catalog.write(async (transaction) => {
      const image = await requiredOwnImage(transaction, caller, ImageId);
      await transaction.images.delete(image.id);
      return withSnapshots ? deleteSnapshots(transaction, image) : undefined;
    });
    return { Return: true, DeleteSnapshotResults: results };
  },
};

async function deleteSnapshots(
  transaction: CatalogTransaction,
  image: ImageRow,
): Promise<DeleteSnapshotReturnCode[]> {
  const results: DeleteSnapshotReturnCode[] = [];
  for (const id of snapshotIdsOf(image)) {
    const snapshot = await transaction.snapshots.get(id);
    // EC2's codes. One that is still being made cannot be deleted.
    let ReturnCode = 'success';
    if (!snapshot || snapshot.account !== image.account) ReturnCode = 'missing-permissions';
    else if (await imageUsing(transaction, snapshot)) ReturnCode = 'skipped';
    else if (snapshot.state === 'pending') ReturnCode = 'client-error';
    else await transaction.snapshots.delete(id);
    results.push({ SnapshotId: id, ReturnCode });
  }
  return results;
}
