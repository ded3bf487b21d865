import type {
  DescribeDrillsRequest,
  DescribeDrillsResult,
  Drill,
} from '../../../api/imago-drills.ts';
import type { DrillRow } from '../../catalog/rows/drill.ts';
import { requiredDrills } from '../../domain/drills/drills.ts';
import { isOf, newestFirst, pageOfDrills } from '../../domain/drills/newest-drills.ts';
import { pageOf, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';

/** The caller's, of images that are no more among them, the newest first. */
export const describeDrills: Operation<DescribeDrillsRequest, DescribeDrillsResult> = {
  accepts: [
    ...['DrillIds', 'ImageIds', 'SnapshotIds', 'SourceIds', 'RestoreJobIds'],
    ...['MaxResults', 'NextToken'],
  ],
  inPages: { list: 'Drills', ids: 'DrillIds' },
  async run(input, { catalog, caller }) {
    const { DrillIds: ids = [], ImageIds: imageId, SnapshotIds: snapshotId } = input;
    const { SourceIds: sourceId, RestoreJobIds: restoreJobId } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeDrills' }, usualPageBounds, ids);
    const of = { imageId, snapshotId, sourceId, restoreJobId };
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length === 0) return pageOfDrills(reader, caller, of, page);
      const named = (await requiredDrills(reader, caller, ids)).filter((row) => isOf(of, row));
      return { rows: named.sort(newestFirst), nextToken: undefined };
    });
    return { Drills: rows.map(drillShape), NextToken: nextToken };
  },
};

function drillShape(row: DrillRow): Drill {
  const { createdAt, endedAt, runningAt, readyAt, sshAt, checkedAt } = row;
  const since = (at?: string) =>
    at === undefined ? undefined : Math.max(0, Date.parse(at) - Date.parse(createdAt));
  return {
    DrillId: row.id,
    ImageId: row.imageId,
    SnapshotId: row.snapshotId,
    SourceId: row.sourceId,
    RestoreJobId: row.restoreJobId,
    State: row.state,
    Reason: row.reason,
    CustomerVerdict: row.customer?.verdict,
    CustomerReason: row.customer?.reason,
    TaskId: row.taskId,
    InstanceId: row.instanceId,
    StartedAt: new Date(createdAt),
    EndedAt: endedAt === undefined ? undefined : new Date(endedAt),
    MillisecondsToRunning: since(runningAt),
    MillisecondsToReady: since(readyAt),
    MillisecondsToSsh: since(sshAt),
    MillisecondsToChecked: since(checkedAt),
    Checks: row.plan.checks.length + (row.plan.compare?.length ?? 0) + (row.looks ?? 0),
    NotTold: row.untold,
    Results: row.results.map((each) => ({
      Name: each.name,
      Kind: each.kind,
      Passed: each.passed,
      Reason: each.reason,
      ExitCode: each.exitCode,
      Output: each.output,
      Milliseconds: each.milliseconds,
    })),
  };
}
