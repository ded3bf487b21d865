/** What goes with one volume: the snapshots of it, the images that it was made for, its tags. */
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { IdLink } from '../../parts/id-link.tsx';
import { List } from '../../parts/list.tsx';
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
      {SnapshotId && <ImagesBehindIt snapshot={SnapshotId} />}
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

function ImagesBehindIt({ snapshot }: { snapshot: string }) {
  const Filters = [{ Name: 'block-device-mapping.snapshot-id', Values: [snapshot] }];
  const input = { Filters, IncludeDeprecated: true, IncludeDisabled: true };
  const found = useAction('ec2', 'DescribeImages', input, { tables: ['images'] });
  return (
    <section class="card">
      <h2>{text.images.title}</h2>
      <List
        caption={text.images.title}
        columns={[
          { title: text.images.name, cell: ({ Name }) => Name },
          { title: text.images.id, cell: ({ ImageId }) => <IdLink id={ImageId} /> },
        ]}
        items={found.data?.Images}
        keyOf={({ ImageId = '' }) => ImageId}
        empty={text.images.none}
        error={found.error}
        retry={found.refetch}
      />
    </section>
  );
}
