import type {
  DescribeFastSnapshotRestoresRequest,
  DescribeFastSnapshotRestoresResult,
} from '../../../../api/generated/ec2-types.ts';
import type { FastRestoreRow } from '../../../catalog/rows/fast-restore.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import type { Operation } from '../../operation.ts';
import { fastRestoreShape } from '../../shapes/fast-restores.ts';

const filters: FilterTable<FastRestoreRow> = {
  values: {
    'availability-zone': (row) => row.availabilityZone,
    'availability-zone-id': (row) => zoneIdOf(row.availabilityZone),
    'owner-id': (row) => row.account,
    'snapshot-id': (row) => row.snapshotId,
    state: (row) => row.state,
  },
};

/** Those that the caller's account enabled, be the snapshot its own or not. */
export const describeFastSnapshotRestores: Operation<
  DescribeFastSnapshotRestoresRequest,
  DescribeFastSnapshotRestoresResult
> = {
  accepts: ['Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'FastSnapshotRestores' },
  async run(input, { catalog, caller }) {
    const scope = { ...caller, action: 'DescribeFastSnapshotRestores' };
    const page = pageOf(input, scope, usualPageBounds, []);
    const filter = rowFilter(input.Filters, filters);
    const { account, region } = caller;
    const where = {
      account,
      region,
      snapshotId: filter.exact('snapshot-id'),
      state: filter.exact('state'),
    };
    const { rows, nextToken } = await catalog.read(({ fastRestores }) =>
      readPage(fastRestores, where, page, filter.matches),
    );
    return { FastSnapshotRestores: rows.map(fastRestoreShape), NextToken: nextToken };
  },
};
