import type {
  DescribeLockedSnapshotsRequest,
  DescribeLockedSnapshotsResult,
} from '../../../../api/generated/ec2-types.ts';
import { viewerKey } from '../../../catalog/rows/row.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { lockState } from '../../../domain/snapshot-locks.ts';
import { requiredSnapshots } from '../../../domain/snapshots.ts';
import { isOwn } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { lockShape } from '../../shapes/snapshots.ts';

/** Of one's own; also those whose lock has expired. */
export const describeLockedSnapshots: Operation<
  DescribeLockedSnapshotsRequest,
  DescribeLockedSnapshotsResult
> = {
  accepts: ['SnapshotIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'Snapshots', ids: 'SnapshotIds' },
  async run(input, { catalog, caller, clock }) {
    const { SnapshotIds: ids = [] } = input;
    const scope = { ...caller, action: 'DescribeLockedSnapshots' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const now = clock.now();
    const filter = rowFilter<SnapshotRow>(input.Filters, {
      values: { 'lock-state': (row) => lockState(row, now) },
    });
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredSnapshots(reader, caller, ids);
        const own = named.filter((row) => row.lock && isOwn(caller, row));
        return cutPage(own.filter(filter.matches), page);
      }
      const where = { locked: viewerKey(caller.region, caller.account) };
      return readPage(reader.snapshots, where, page, filter.matches);
    });
    const Snapshots = rows.map((row) => ({ OwnerId: row.account, ...lockShape(row, now) }));
    return { Snapshots, NextToken: nextToken };
  },
};
