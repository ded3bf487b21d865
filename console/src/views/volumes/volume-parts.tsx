/** What goes with one volume: the snapshots of it, the images that it was made for, its tags. */
import { usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { ImagesOfSnapshot } from '../../parts/images-of-snapshot.tsx';
import { State } from '../../parts/mark.tsx';
import { PagedList } from '../../parts/paged-list.tsx';
import { Tags } from '../../parts/tags.tsx';
import { Time } from '../../parts/time.tsx';
import { volumesText as text } from '../../text/volumes.ts';

export type Volume = NonNullable<Output<'ec2', 'DescribeVolumes'>['Volumes']>[number];

export function VolumeParts({ volume }: { volume: Volume }) {
  const { VolumeId = '', SnapshotId, Tags: tags } = volume;
  return (
    <>
      <SnapshotsOfIt id={VolumeId} />
      {SnapshotId && <ImagesOfSnapshot id={SnapshotId} text={text.images} />}
      <Tags id={VolumeId} tags={tags} isOwn />
    </>
  );
}

function SnapshotsOfIt({ id }: { id: string }) {
  const Filters = [{ Name: 'volume-id', Values: [id] }];
  const input = { OwnerIds: ['self'], Filters };
  const found = usePages('ec2', 'DescribeSnapshots', input, { tables: ['snapshots'] });
  return (
    <section class="card">
      <h2>{text.snapshots.title}</h2>
      <PagedList
        caption={text.snapshots.title}
        found={found}
        itemsOf={({ Snapshots }) => Snapshots}
        keyOf={({ SnapshotId = '' }) => SnapshotId}
        columns={[
          { title: text.snapshots.id, cell: ({ SnapshotId }) => <IdLink id={SnapshotId} /> },
          { title: text.description, cell: ({ Description }) => Description },
          { title: text.columns.created, cell: ({ StartTime }) => <Time at={StartTime} /> },
          { title: text.columns.state, cell: ({ State: state }) => <State of={state} /> },
        ]}
        empty={text.snapshots.none}
      />
    </section>
  );
}
