/** Volumes as EC2 shows them. */
import type {
  Volume,
  VolumeAttachment,
  VolumeModification,
} from '../../../api/generated/ec2-types.ts';
import type { VolumeAttachment as Attachment, VolumeRow } from '../../catalog/rows/volume.ts';
import { encryptionArn } from '../../domain/kms-keys.ts';
import { zoneIdOf } from '../../domain/regions.ts';
import type { ModifiedVolume } from '../../domain/volume-modifications.ts';
import { shownFigures } from '../../domain/volume-types.ts';
import { tagList } from './tags.ts';

export function volumeShape(row: VolumeRow): Volume {
  const { iops, throughputMiBps } = shownFigures(row);
  return {
    VolumeId: row.id,
    State: row.state,
    Size: row.sizeGiB,
    VolumeType: row.volumeType,
    Iops: iops,
    Throughput: throughputMiBps,
    SnapshotId: row.snapshotId ?? '',
    SourceVolumeId: row.sourceVolumeId,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: zoneIdOf(row.availabilityZone),
    CreateTime: new Date(row.createdAt),
    Encrypted: row.encryption !== undefined,
    KmsKeyId: encryptionArn(row),
    FastRestored: row.fastRestored === true,
    MultiAttachEnabled: false,
    Operator: { Managed: false },
    OwnerId: row.account,
    Attachments: row.attachment ? [attachmentShape(row, row.attachment)] : [],
    Tags: tagList(row.tags),
  };
}

export function attachmentShape(row: VolumeRow, attachment: Attachment): VolumeAttachment {
  return {
    VolumeId: row.id,
    InstanceId: attachment.instanceId,
    Device: attachment.deviceName,
    State: attachmentState(row),
    AttachTime: new Date(attachment.attachedAt),
    DeleteOnTermination: attachment.deleteOnTermination,
    EbsCardIndex: 0,
  };
}

export function attachmentState({ state, attachment }: VolumeRow): string {
  if (!attachment) return 'detached';
  return attachment.state ?? (state === 'creating' ? 'attaching' : 'attached');
}

export function modificationShape({
  id,
  modification: { state, from, to, startedAt, endedAt },
}: Pick<ModifiedVolume, 'id' | 'modification'>): VolumeModification {
  const [original, target] = [shownFigures(from), shownFigures(to)];
  return {
    VolumeId: id,
    ModificationState: state,
    OriginalSize: from.sizeGiB,
    OriginalVolumeType: from.volumeType,
    OriginalIops: original.iops,
    OriginalThroughput: original.throughputMiBps,
    OriginalMultiAttachEnabled: false,
    TargetSize: to.sizeGiB,
    TargetVolumeType: to.volumeType,
    TargetIops: target.iops,
    TargetThroughput: target.throughputMiBps,
    TargetMultiAttachEnabled: false,
    // Nothing is moved for it: its machine has it, or has it not.
    Progress: state === 'completed' ? 100 : 0,
    StartTime: new Date(startedAt),
    EndTime: endedAt === undefined ? undefined : new Date(endedAt),
    Operator: { Managed: false },
  };
}
