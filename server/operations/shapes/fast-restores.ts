/** Fast snapshot restores as EC2 shows them. */
import type {
  DescribeFastSnapshotRestoreSuccessItem,
  DisableFastSnapshotRestoresResult,
  EnableFastSnapshotRestoreErrorItem,
  EnableFastSnapshotRestoresResult,
} from '../../../api/generated/ec2-types.ts';
import type { FastRestoreRow } from '../../catalog/rows/fast-restore.ts';
import type { FastRestoreError, FastRestoreResult } from '../../domain/fast-restores.ts';
import { zoneIdOf } from '../../domain/regions.ts';

export function fastRestoreShape(row: FastRestoreRow): DescribeFastSnapshotRestoreSuccessItem {
  return {
    SnapshotId: row.snapshotId,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: zoneIdOf(row.availabilityZone),
    State: row.state,
    StateTransitionReason: reasonOf(row),
    OwnerId: row.account,
    EnablingTime: new Date(row.createdAt),
    OptimizingTime: dateOf(row.optimizingAt),
    EnabledTime: dateOf(row.enabledAt),
    DisablingTime: dateOf(row.disablingAt),
    DisabledTime: dateOf(row.disabledAt),
  };
}

/** EC2's two, and what went wrong where nobody asked for the end. */
function reasonOf({ state, failure }: FastRestoreRow): string {
  if (failure !== undefined) return `Server.InternalError: ${failure}`;
  const isAsked = state === 'enabling' || state === 'disabling';
  return `Client.UserInitiated${isAsked ? '' : ' - Lifecycle state transition'}`;
}

/** The answer of both that change them. */
export function fastRestoreAnswer({
  changed,
  failed,
}: FastRestoreResult): EnableFastSnapshotRestoresResult & DisableFastSnapshotRestoresResult {
  return { Successful: changed.map(fastRestoreShape), Unsuccessful: errorItems(failed) };
}

function errorItems(failed: readonly FastRestoreError[]): EnableFastSnapshotRestoreErrorItem[] {
  const bySnapshot = Map.groupBy(failed, ({ snapshotId }) => snapshotId);
  return [...bySnapshot].map(([SnapshotId, errors]) => ({
    SnapshotId,
    FastSnapshotRestoreStateErrors: errors.map(({ availabilityZone, code, message }) => ({
      AvailabilityZone: availabilityZone,
      AvailabilityZoneId: zoneIdOf(availabilityZone),
      Error: { Code: code, Message: message },
    })),
  }));
}

function dateOf(at: string | undefined): Date | undefined {
  return at === undefined ? undefined : new Date(at);
}
