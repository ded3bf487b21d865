import type {
  DescribeSnapshotsRequest,
  DescribeSnapshotsResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Query } from '../../../catalog/catalog.ts';
import { type SnapshotRow, usualSnapshotState } from '../../../catalog/rows/snapshot.ts';
import { type FilterTable, type RowFilter, rowFilter } from '../../../domain/filters.ts';
import { askedOwners } from '../../../domain/owners.ts';
import { cutPage, pageOf, readShownPage, usualPageBounds } from '../../../domain/pages.ts';
import { ownedBy, type SeenRows, visibleRows, whereSeen } from '../../../domain/seen-rows.ts';
import { restorableBy } from '../../../domain/snapshot-permissions.ts';
import { storageTier } from '../../../domain/snapshot-tiers.ts';
import { requiredSnapshots, seesSnapshot } from '../../../domain/snapshots.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Viewer } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { snapshotShape } from '../../shapes/snapshots.ts';

const filters: FilterTable<SnapshotRow> = {
  values: {
    description: (row) => row.description,
    encrypted: (row) => String(row.encryption !== undefined),
    'owner-alias': (row) => row.ownerAlias,
    'owner-id': (row) => row.account,
    progress: (row) => `${row.progressPercent}%`,
    'snapshot-id': (row) => row.id,
    'start-time': (row) => row.startedAt,
    status: (row) => row.state,
    'storage-tier': storageTier,
    'transfer-type': (row) => row.copiedFrom && 'standard',
    'volume-id': (row) => row.volumeId,
    'volume-size': (row) => String(row.volumeSizeGiB),
  },
  tags: (row) => row.tags,
};

export const describeSnapshots: Operation<DescribeSnapshotsRequest, DescribeSnapshotsResult> = {
  accepts: ['SnapshotIds', 'OwnerIds', 'RestorableByUserIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'Snapshots', ids: 'SnapshotIds' },
  async run(input, { catalog, caller }) {
    const { SnapshotIds: ids = [], RestorableByUserIds: users } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeSnapshots' }, usualPageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const restorable = users?.length ? restorableBy(users, caller) : undefined;
    const show = (row: SnapshotRow) => snapshotShape(row, caller);
    const { shown, nextToken } = await catalog.read(async (reader) => {
      const owners = await askedOwners(reader, caller, input.OwnerIds, filter);
      if (owners?.size === 0) return { shown: [] };
      const matches = (row: SnapshotRow) =>
        seesSnapshot(caller, row) &&
        (owners?.has(row.account) ?? true) &&
        (restorable?.matches(row) ?? true) &&
        filter.matches(ownTags(row, caller));
      if (ids.length > 0) {
        const named = await requiredSnapshots(reader, caller, ids);
        const { rows, nextToken } = cutPage(named.filter(matches), page);
        return { shown: rows.map(show), nextToken };
      }
      const where = conditions(
        caller,
        filter,
        ownedBy(restorable?.rows ?? visibleRows(caller), owners),
      );
      return readShownPage(reader.snapshots, where, page, (row) =>
        matches(row) ? show(row) : undefined,
      );
    });
    return { Snapshots: shown, NextToken: nextToken };
  },
};

function conditions(
  caller: Viewer,
  filter: RowFilter<SnapshotRow>,
  asked: SeenRows,
): Query<'snapshots'>['where'] {
  const states = filter.exact('status');
  return {
    id: filter.exact('snapshot-id'),
    volumeId: filter.exact('volume-id'),
    ...whereSeen(caller, asked, {
      states: states?.includes(usualSnapshotState) ? undefined : states,
      tags: tagCondition(caller, filter),
    }),
  };
}

/** Tags are the owner's: others neither see them nor find by them. */
function ownTags(row: SnapshotRow, { account }: Viewer): SnapshotRow {
  return row.account === account ? row : { ...row, tags: {} };
}
