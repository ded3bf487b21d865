import type {
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import type { SnapshotRow } from '../../../catalog/rows/snapshot.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { requiredSnapshots } from '../../../domain/snapshots.ts';
import { tagCondition } from '../../../domain/tags.ts';
import { type Viewer, visibleTo } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { snapshotShape } from '../../shapes/snapshots.ts';

const filters: FilterTable<SnapshotRow> = {
  // Only copies are transferred.
  absent: ['transfer-type'],
  values: {
    description: (row) => row.description,
    encrypted: () => 'false',
    'owner-alias': (row) => row.ownerAlias,
    'owner-id': (row) => row.account,
    progress: (row) => `${row.progressPercent}%`,
    'snapshot-id': (row) => row.id,
    'start-time': (row) => row.startedAt,
    status: (row) => row.state,
    'storage-tier': () => 'standard',
    'volume-id': (row) => row.volumeId,
    'volume-size': (row) => String(row.volumeSizeGiB),
  },
  tags: (row) => row.tags,
};

export const describeSnapshots: Operation<DescribeSnapshotsRequest, DescribeSnapshotsResult> = {
  accepts: ['SnapshotIds', 'OwnerIds', 'RestorableByUserIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'Snapshots', ids: 'SnapshotIds' },
  async run(input, { catalog, caller }) {
    const { SnapshotIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeSnapshots' }, usualPageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const shown =
      includesSelf(caller, input.OwnerIds) && includesSelf(caller, input.RestorableByUserIds);
    const matches = (row: SnapshotRow) => shown && filter.matches(row);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const named = await requiredSnapshots(reader, caller, ids);
        return cutPage(named.filter(matches), page);
      }
      const where = {
        viewer: shown ? visibleTo(caller) : [],
        id: filter.exact('snapshot-id'),
        volumeId: filter.exact('volume-id'),
        ...tagCondition(caller, filter),
      };
      return readPage(reader.snapshots, where, page, matches);
    });
    return { Snapshots: rows.map(snapshotShape), NextToken: nextToken };
  },
};

/** Snapshots are not shared yet: an account sees its own. */
function includesSelf({ account }: Viewer, users: readonly string[] | undefined): boolean {
  if (!users?.length) return true;
  const wrong = users.find((user) => !/^(self|all|amazon|aws-[a-z-]+|\d{12})$/.test(user));
  if (wrong !== undefined) {
    throw new ServiceError('InvalidUserID.Malformed', `Invalid user id: "${wrong}"`);
  }
  return users.includes('self') || users.includes(account);
}
