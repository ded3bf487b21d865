/** What fast snapshot restore is turned on or off for. */
import type {
  DisableFastSnapshotRestoresRequest,
  EnableFastSnapshotRestoresRequest,
} from '../../../api/generated/ec2-types.ts';
import { type FastRestoreOrder, requestedZones } from '../../domain/fast-restores.ts';
import type { OperationContext } from '../operation.ts';

export const fastRestoreMembers = ['AvailabilityZones', 'AvailabilityZoneIds', 'SourceSnapshotIds'];

export function fastRestoreOrder(
  {
    AvailabilityZones: names,
    AvailabilityZoneIds: ids,
    SourceSnapshotIds,
  }: EnableFastSnapshotRestoresRequest | DisableFastSnapshotRestoresRequest,
  { caller, site }: OperationContext,
): FastRestoreOrder {
  return { snapshotIds: SourceSnapshotIds, zones: requestedZones(site, caller.region, names, ids) };
}
