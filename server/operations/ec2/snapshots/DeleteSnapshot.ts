import type {
  DeleteSnapshotRequest,
  DeleteSnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { notFound } from '../../../domain/resource-ids.ts';
import { checkDeletable, requiredSnapshots } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';

/** Volumes that were made from it hold their base themselves and go on. */
export const deleteSnapshot: Operation<DeleteSnapshotRequest, DeleteSnapshotResult> = {
  accepts: ['SnapshotId'],
  async run({ SnapshotId: id }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const [snapshot] = await requiredSnapshots(transaction, caller, [id]);
      if (!snapshot) throw notFound('snapshot', [id]);
      await checkDeletable(transaction, snapshot);
      await transaction.snapshots.delete(id);
    });
    return {};
  },
};
