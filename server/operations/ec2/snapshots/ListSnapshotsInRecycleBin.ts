import type {
  ListSnapshotsInRecycleBinRequest,
  ListSnapshotsInRecycleBinResult,
  SnapshotRecycleBinInfo,
} from '../../../../api/generated/ec2-types.ts';
import type { RecycledSnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { type BinViewer, isInBin, recycledSnapshots } from '../../../domain/recycle-bin.ts';
import type { Operation } from '../../operation.ts';

/** The caller's own. */
export const listSnapshotsInRecycleBin: Operation<
  ListSnapshotsInRecycleBinRequest,
  ListSnapshotsInRecycleBinResult
> = {
  accepts: ['SnapshotIds', 'MaxResults', 'NextToken'],
  inPages: { list: 'Snapshots', ids: 'SnapshotIds' },
  async run(input, { catalog, caller, clock }) {
    const { SnapshotIds: ids = [] } = input;
    const { account, region } = caller;
    const scope = { account, region, action: 'ListSnapshotsInRecycleBin' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const viewer: BinViewer = { ...caller, now: clock.now() };
    const { rows, nextToken } = await catalog.read(async (reader) =>
      ids.length > 0
        ? cutPage(await recycledSnapshots(reader, viewer, ids), page)
        : readPage(reader.recycledSnapshots, { account, region }, page, (row) =>
            isInBin(viewer, row),
          ),
    );
    return { Snapshots: rows.map(shape), NextToken: nextToken };
  },
};

function shape(row: RecycledSnapshotRow): SnapshotRecycleBinInfo {
  return {
    SnapshotId: row.id,
    RecycleBinEnterTime: new Date(row.recycledAt),
    RecycleBinExitTime: new Date(row.recycledUntil),
    Description: row.description,
    VolumeId: row.volumeId,
  };
}
