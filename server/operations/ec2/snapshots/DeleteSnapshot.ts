import type {
  DeleteSnapshotRequest,
  DeleteSnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { cancelUnwanted } from '../../../domain/order-capture.ts';
import { removeSnapshot } from '../../../domain/recycle-bin.ts';
import { removeUnnamedArchive } from '../../../domain/snapshot-tiers.ts';
import { checkDeletable, requiredOwnSnapshot } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';

/**
 * Volumes that were made from it hold their base themselves and go on; the work on one that is
 * pending is undone.
 */
export const deleteSnapshot: Operation<DeleteSnapshotRequest, DeleteSnapshotResult> = {
  accepts: ['SnapshotId'],
  async run({ SnapshotId: id }, { archives, catalog, caller, clock, drafts }) {
    const { isDraft, isArchived } = await catalog.write(async (transaction) => {
      const snapshot = await requiredOwnSnapshot(transaction, caller, id);
      await checkDeletable(transaction, snapshot, clock.now());
      await removeSnapshot(transaction, snapshot, clock.now());
      if (snapshot.state === 'pending') await cancelUnwanted(transaction, caller);
      return {
        isDraft: snapshot.state === 'pending' && snapshot.upload !== undefined,
        isArchived: snapshot.archive !== undefined,
      };
    });
    if (isDraft) await drafts.discard(id);
    // Where that fails the expiry rounds do it.
    if (isArchived) await removeUnnamedArchive(catalog, archives, id).catch(() => {});
    return {};
  },
};
