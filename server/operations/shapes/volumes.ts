/** Volumes as EC2 shows them. */
import type { Volume } from '../../../api/generated/ec2-types.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { gp2Iops, gp3 } from '../../domain/block-device-mappings.ts';
import { tagList } from './tags.ts';

export function volumeShape(row: VolumeRow): Volume {
  const { attachment } = row;
  return {
    VolumeId: row.id,
    State: row.state,
    Size: row.sizeGiB,
    VolumeType: row.volumeType,
    ...figures(row),
    SnapshotId: row.snapshotId ?? '',
    AvailabilityZone: row.availabilityZone,
    CreateTime: new Date(row.createdAt),
    Encrypted: false,
    MultiAttachEnabled: false,
    OwnerId: row.account,
    Attachments: attachment
      ? [
          {
            VolumeId: row.id,
            InstanceId: attachment.instanceId,
            Device: attachment.deviceName,
            State: attachmentState(row),
            AttachTime: new Date(attachment.attachedAt),
            DeleteOnTermination: attachment.deleteOnTermination,
          },
        ]
      : [],
    Tags: tagList(row.tags),
  };
}

/** EC2's of the type: what a volume has at least; Imago holds none back. */
function figures({ volumeType, sizeGiB }: VolumeRow): Pick<Volume, 'Iops' | 'Throughput'> {
  if (volumeType === 'gp3') return { Iops: gp3.iops, Throughput: gp3.throughputMibps };
  if (volumeType === 'gp2') return { Iops: gp2Iops(sizeGiB) };
  return {};
}

export function attachmentState({ state }: VolumeRow): string {
  return state === 'creating' ? 'attaching' : 'attached';
}
