/**
 * What goes with one volume: its properties, the snapshots of it, the images that it was made for,
 * its tags.
 */
import { useAction, usePages } from '../../api/queries.ts';
import type { Output } from '../../api/wire.ts';
import { CopiedId } from '../../parts/copied-id.tsx';
import { Facts } from '../../parts/facts.tsx';
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
      <Properties volume={volume} />
      <SnapshotsOfIt id={VolumeId} />
      {SnapshotId && <ImagesOfSnapshot id={SnapshotId} text={text.images} />}
      <Tags id={VolumeId} tags={tags} isOwn />
    </>
  );
}

function Properties({ volume }: { volume: Volume }) {
  const { VolumeId = '', Attachments: [attachment] = [] } = volume;
  const names = text.facts;
  const asked = { VolumeIds: [VolumeId] };
  const asking = { tables: ['volumes', 'instances'] as const };
  const health = useAction('ec2', 'DescribeVolumeStatus', asked, asking);
  const Filters = [{ Name: 'volume-id', Values: [VolumeId] }];
  const changes = useAction('ec2', 'DescribeVolumesModifications', { Filters }, asking);
  const [change] = changes.data?.VolumesModifications ?? [];
  const status = health.data?.VolumeStatuses?.[0]?.VolumeStatus?.Status;
  return (
    <section class="card">
      <h2>{names.title}</h2>
      <Facts
        of={[
          [names.id, <CopiedId key="id" id={VolumeId} />],
          [names.serial, <code key="serial">{VolumeId.replace('-', '')}</code>],
          [names.zone, volume.AvailabilityZone],
          [names.key, volume.Encrypted ? <IdLink key="key" id={volume.KmsKeyId} /> : names.plain],
          [names.iops, volume.Iops],
          [names.throughput, volume.Throughput],
          [names.status, status && <State key="status" of={status} />],
          [names.source, volume.SourceVolumeId && <IdLink key="of" id={volume.SourceVolumeId} />],
          [names.attached, attachment && <Time key="attached" at={attachment.AttachTime} />],
          [names.ends, attachment && names.endsWith(attachment.DeleteOnTermination ?? false)],
          [
            names.modified,
            change && (
              <>
                <State key="modified" of={change.ModificationState} />{' '}
                {names.modification(change.OriginalSize, change.TargetSize)}{' '}
                <Time at={change.StartTime} />
              </>
            ),
          ],
        ]}
      />
    </section>
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
