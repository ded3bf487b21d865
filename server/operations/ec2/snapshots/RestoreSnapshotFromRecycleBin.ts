import type {
  RestoreSnapshotFromRecycleBinRequest,
  RestoreSnapshotFromRecycleBinResult,
} from '../../../../api/generated/ec2-types.ts';
import { restoreSnapshot } from '../../../domain/recycle-bin.ts';
import type { Operation } from '../../operation.ts';
import { snapshotShape } from '../../shapes/snapshots.ts';

export const restoreSnapshotFromRecycleBin: Operation<
  RestoreSnapshotFromRecycleBinRequest,
  RestoreSnapshotFromRecycleBinResult
> = {
  accepts: ['SnapshotId'],
  async run({ SnapshotId: id }, { catalog, caller, clock }) {
    const viewer = { ...caller, now: clock.now() };
    const row = await catalog.write((transaction) => restoreSnapshot(transaction, viewer, id));
    const shape = snapshotShape(row, caller);
    return {
      SnapshotId: shape.SnapshotId,
      Description: shape.Description,
      Encrypted: shape.Encrypted,
      OwnerId: shape.OwnerId,
      Progress: shape.Progress,
      StartTime: shape.StartTime,
      State: shape.State,
      VolumeId: shape.VolumeId,
      VolumeSize: shape.VolumeSize,
    };
  },
};
