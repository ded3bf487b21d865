import type {
  ModifySnapshotTierRequest,
  ModifySnapshotTierResult,
} from '../../../../api/generated/ec2-types.ts';
import { orderArchival } from '../../../domain/snapshot-tiers.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';
import { required } from '../../requests/permissions.ts';

/** Into the archive: the way back is RestoreSnapshotTier. */
export const modifySnapshotTier: Operation<ModifySnapshotTierRequest, ModifySnapshotTierResult> = {
  accepts: ['SnapshotId', 'StorageTier'],
  async run({ SnapshotId, StorageTier }, { catalog, caller, clock, ids, site }) {
    required('StorageTier', oneOf('StorageTier', StorageTier, ['archive']));
    const identity = { clock, ids, hostId: site.hostId };
    const { startedAt } = await catalog.write((transaction) =>
      orderArchival(transaction, caller, SnapshotId, identity),
    );
    return { SnapshotId, TieringStartTime: new Date(startedAt) };
  },
};
