/** Volumes as EC2 shows them. */
import type { Volume } from '../../../api/generated/ec2-types.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { tagList } from './tags.ts';

export function volumeShape(row: VolumeRow): Volume {
  const { attachment } = row;
  return {
    VolumeId: row.id,
    State: row.state,
    Size: row.sizeGiB,
    VolumeType: row.volumeType,
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

export function attachmentState({ state }: VolumeRow): string {
  return state === 'creating' ? 'attaching' : 'attached';
}
