import type {
  EnableFastSnapshotRestoresRequest,
  EnableFastSnapshotRestoresResult,
} from '../../../../api/generated/ec2-types.ts';
import { enableFastRestores, requestedZones } from '../../../domain/fast-restores.ts';
import type { Operation } from '../../operation.ts';
import { fastRestoreErrors, fastRestoreShape } from '../../shapes/fast-restores.ts';

export const enableFastSnapshotRestores: Operation<
  EnableFastSnapshotRestoresRequest,
  EnableFastSnapshotRestoresResult
> = {
  accepts: ['AvailabilityZones', 'AvailabilityZoneIds', 'SourceSnapshotIds'],
  async run(input, context) {
    const { catalog, caller, clock, ids, site } = context;
    const { AvailabilityZones: names, AvailabilityZoneIds: zoneIds } = input;
    const zones = requestedZones(site, caller.region, names, zoneIds);
    const order = { snapshotIds: input.SourceSnapshotIds, zones };
    const { changed, failed } = await catalog.write((transaction) =>
      enableFastRestores(transaction, caller, order, { clock, ids, site }),
    );
    return {
      Successful: changed.map(fastRestoreShape),
      Unsuccessful: fastRestoreErrors(failed),
    };
  },
};
