import type {
  UnlockSnapshotRequest,
  UnlockSnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { unlocked } from '../../../domain/snapshot-locks.ts';
import { changeOwnSnapshot } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';

export const unlockSnapshot: Operation<UnlockSnapshotRequest, UnlockSnapshotResult> = {
  accepts: ['SnapshotId'],
  async run({ SnapshotId }, { catalog, caller, clock }) {
    await catalog.write((transaction) =>
      changeOwnSnapshot(transaction, caller, SnapshotId, (snapshot) =>
        unlocked(snapshot, clock.now()),
      ),
    );
    return { SnapshotId };
  },
};
