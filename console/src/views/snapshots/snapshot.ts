/** A snapshot as the API tells of it. */
import type { Output } from '../../api/wire.ts';

export type Snapshot = NonNullable<Output<'ec2', 'DescribeSnapshots'>['Snapshots']>[number];

/** What every part of a snapshot's view is given. */
export interface PartProps {
  snapshot: Snapshot;
  isOwn: boolean;
}
