/** The snapshots of the same volume that were taken before and after one. */
interface Taken {
  SnapshotId?: string;
  VolumeId?: string;
  StartTime?: string;
}

/** What snapshots name that were copied or imported: none. */
const noVolume = 'vol-ffffffff';

export function neighboursOf<Snapshot extends Taken>(
  { SnapshotId: id, VolumeId, StartTime = '' }: Taken,
  all: readonly Snapshot[],
): { before: Snapshot | undefined; after: Snapshot | undefined } {
  const timeOf = ({ StartTime: time = '' }: Taken) => Date.parse(time);
  const own = Date.parse(StartTime);
  const others = all
    .filter((each) => each.SnapshotId !== id && each.VolumeId === VolumeId)
    .filter(() => VolumeId !== noVolume)
    .sort((one, other) => timeOf(one) - timeOf(other));
  return {
    before: others.findLast((each) => timeOf(each) < own),
    after: others.find((each) => timeOf(each) > own),
  };
}
