import type {
  LockSnapshotRequest,
  LockSnapshotResult,
} from '../../../../api/generated/ec2-types.ts';
import { locked } from '../../../domain/snapshot-locks.ts';
import { changeOwnSnapshot } from '../../../domain/snapshots.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { required } from '../../requests/permissions.ts';
import { lockShape } from '../../shapes/snapshots.ts';

export const lockSnapshot: Operation<LockSnapshotRequest, LockSnapshotResult> = {
  accepts: ['SnapshotId', 'LockMode', 'CoolOffPeriod', 'LockDuration', 'ExpirationDate'],
  async run(input, { catalog, caller, clock }) {
    const mode = oneOf('LockMode', input.LockMode, ['governance', 'compliance']);
    const order = {
      mode: required('LockMode', mode),
      coolOffHours: input.CoolOffPeriod,
      durationDays: input.LockDuration,
      expiresAt: input.ExpirationDate,
    };
    const now = clock.now();
    const row = await catalog.write((transaction) =>
      changeOwnSnapshot(transaction, caller, input.SnapshotId, (snapshot) =>
        locked(snapshot, order, now),
      ),
    );
    return lockShape(row, now);
  },
};
