import type {
  DescribeSnapshotTierStatusRequest,
  DescribeSnapshotTierStatusResult,
} from '../../../../api/generated/ec2-types.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { tieringStatus } from '../../../domain/snapshot-tiers.ts';
import type { Operation } from '../../operation.ts';
import { snapshotTierShape } from '../../shapes/snapshots.ts';

const filters: FilterTable<SnapshotRow> = {
  values: {
    'last-tiering-operation': tieringStatus,
    'snapshot-id': (row) => row.id,
    'volume-id': (row) => row.volumeId,
  },
};

/** Of one's own, be they ever archived or not. */
export const describeSnapshotTierStatus: Operation<
  DescribeSnapshotTierStatusRequest,
  DescribeSnapshotTierStatusResult
> = {
  accepts: ['Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'SnapshotTierStatuses' },
  async run(input, { catalog, caller }) {
    const scope = { ...caller, action: 'DescribeSnapshotTierStatus' };
    const page = pageOf(input, scope, usualPageBounds, []);
    const filter = rowFilter(input.Filters, filters);
    const where = {
      account: caller.account,
      region: caller.region,
      id: filter.exact('snapshot-id'),
      volumeId: filter.exact('volume-id'),
    };
    const { rows, nextToken } = await catalog.read((reader) =>
      readPage(reader.snapshots, where, page, filter.matches),
    );
    return { SnapshotTierStatuses: rows.map(snapshotTierShape), NextToken: nextToken };
  },
};
