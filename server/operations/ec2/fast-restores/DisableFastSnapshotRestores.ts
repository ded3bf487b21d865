import type {
  DisableFastSnapshotRestoresRequest,
  DisableFastSnapshotRestoresResult,
} from '../../../../api/generated/ec2-types.ts';
import { disableFastRestores, requestedZones } from '../../../domain/fast-restores.ts';
import type { Operation } from '../../operation.ts';
import { fastRestoreErrors, fastRestoreShape } from '../../shapes/fast-restores.ts';

export const disableFastSnapshotRestores: Operation<
  DisableFastSnapshotRestoresRequest,
  DisableFastSnapshotRestoresResult
> = {
  accepts: ['AvailabilityZones', 'AvailabilityZoneIds', 'SourceSnapshotIds'],
  async run(input, context) {
    const { catalog, caller, clock, ids, site } = context;
    const { AvailabilityZones: names, AvailabilityZoneIds: zoneIds } = input;
    const zones = requestedZones(site, caller.region, names, zoneIds);
    const order = { snapshotIds: input.SourceSnapshotIds, zones };
    const { changed, failed } = await catalog.write((transaction) =>
      disableFastRestores(transaction, caller, order, { clock, ids, site }),
    );
    return {
      Successful: changed.map(fastRestoreShape),
      Unsuccessful: fastRestoreErrors(failed),
    };
  },
};
