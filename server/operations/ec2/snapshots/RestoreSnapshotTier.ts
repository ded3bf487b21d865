import type {
  RestoreSnapshotTierRequest,
  RestoreSnapshotTierResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { checkDiskRoom } from '../../../domain/capacity.ts';
import { orderRestore } from '../../../domain/snapshot-tiers.ts';
import type { Operation } from '../../operation.ts';
import { combination } from '../../requests/permissions.ts';

/** From the archive; of one that is restored for a time, for how long, or that it is to stay. */
export const restoreSnapshotTier: Operation<RestoreSnapshotTierRequest, RestoreSnapshotTierResult> =
  {
    accepts: ['SnapshotId', 'TemporaryRestoreDays', 'PermanentRestore'],
    async run(input, { catalog, caller, clock, host, ids, site }) {
      const { SnapshotId, TemporaryRestoreDays: days, PermanentRestore: permanent = false } = input;
      if (permanent && days !== undefined) {
        throw combination('Specify either TemporaryRestoreDays or PermanentRestore.');
      }
      if (!permanent && days === undefined) {
        throw new ServiceError(
          'MissingParameter',
          'The request must contain the parameter TemporaryRestoreDays or PermanentRestore',
        );
      }
      checkDiskRoom(await host.measure(), caller.region);
      const order = { clock, ids, hostId: site.hostId, days };
      const { startedAt } = await catalog.write((transaction) =>
        orderRestore(transaction, caller, SnapshotId, order),
      );
      return {
        SnapshotId,
        RestoreStartTime: new Date(startedAt),
        RestoreDuration: days,
        IsPermanentRestore: permanent,
      };
    },
  };
