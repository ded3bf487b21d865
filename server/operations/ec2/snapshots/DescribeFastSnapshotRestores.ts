import type {
  DescribeFastSnapshotRestoresRequest,
  DescribeFastSnapshotRestoresResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { pageOf, usualPageBounds } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';

/** Snapshots are restored as fast as they are read: there is nothing to enable, and nothing is. */
export const describeFastSnapshotRestores: Operation<
  DescribeFastSnapshotRestoresRequest,
  DescribeFastSnapshotRestoresResult
> = {
  accepts: ['Filters', 'MaxResults', 'NextToken'],
  async run(input, { caller }) {
    pageOf(input, { ...caller, action: 'DescribeFastSnapshotRestores' }, usualPageBounds, []);
    const absent = [
      'availability-zone',
      'availability-zone-id',
      'owner-id',
      'snapshot-id',
      'state',
    ];
    rowFilter(input.Filters, { values: {}, absent });
    return { FastSnapshotRestores: [] };
  },
};
