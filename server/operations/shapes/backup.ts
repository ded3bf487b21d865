/** A backup as it is answered, be it an image or a snapshot. */
import type { Backup, BackupMachine, BackupVolume } from '../../../api/imago-backups.ts';
import type { RestoreDifference } from '../../../api/imago-restores.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { RecordedMachine } from '../../catalog/rows/recorded-machine.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { StorageUsage } from '../../collection/storage-usage.ts';
import { type BackupRow, isImage } from '../../domain/backups/backups.ts';
import { expirationTag } from '../../domain/backups/policy-backups.ts';
import type * as domain from '../../domain/backups/recorded-machine.ts';
import { consistencyOf } from '../../domain/consistency.ts';

/** What would go with each alone, as far as it was measured. */
export function exclusiveBytes({ report }: StorageUsage): ReadonlyMap<string, number> {
  return new Map(report?.items.map(({ id, exclusiveBytes: bytes }) => [id, bytes]));
}

export function backupShape(row: BackupRow, measured: ReadonlyMap<string, number>): Backup {
  const { backup, lastDrill } = row;
  return {
    BackupId: row.id,
    ...(isImage(row) ? ofImage(row) : ofSnapshot(row)),
    CreateTime: new Date(backup?.takenAt ?? row.createdAt),
    DueTime: backup?.dueAt === undefined ? undefined : new Date(backup.dueAt),
    InstanceId: backup?.instanceId,
    SetId: backup?.setId,
    HasMachine: (isImage(row) ? row.machine : row.set) !== undefined,
    KeptUntil: keptUntil(row),
    PolicyId: backup?.policyId,
    Schedule: backup?.schedule,
    AlsoFor: backup?.alsoFor,
    JobId: backup?.jobId,
    Consistency: consistencyOf(row.tags),
    ExclusiveBytes: measured.get(row.id),
    LastDrill: lastDrill && {
      DrillId: lastDrill.drillId,
      EndTime: new Date(lastDrill.endedAt),
      Verdict: lastDrill.verdict,
    },
  };
}

function keptUntil({ backup, tags }: BackupRow): Date | undefined {
  const { [expirationTag]: time } = tags;
  return backup?.policyId === undefined || time === undefined ? undefined : new Date(time);
}

function ofImage(row: ImageRow) {
  const { backup, sourceInstanceId, machine, blockDeviceMappings } = row;
  return {
    Kind: 'image' as const,
    SourceId: backup?.sourceId ?? machine?.instanceId ?? sourceInstanceId ?? '',
    SourceName: machine?.tags.Name,
    Name: row.name,
    Description: row.description,
    State: row.state,
    StateMessage: row.stateReason?.message,
    SizeGiB: blockDeviceMappings.reduce((sum, { ebs }) => sum + ebs.volumeSizeGiB, 0),
  };
}

function ofSnapshot(row: SnapshotRow) {
  return {
    Kind: 'snapshot' as const,
    SourceId: row.backup?.sourceId ?? row.volumeId,
    SourceName: row.set?.machine.tags.Name,
    Description: row.description || undefined,
    State: row.state,
    StateMessage: row.stateMessage,
    SizeGiB: row.volumeSizeGiB,
  };
}

export function backupMachineShape(machine: RecordedMachine): BackupMachine {
  return {
    InstanceType: machine.instanceType,
    KeyName: machine.keyName,
    SubnetId: machine.subnetId,
    AvailabilityZone: machine.availabilityZone,
    PrivateIpAddress: machine.privateIp,
    SecurityGroups: machine.securityGroups.map(({ id: GroupId, name: GroupName }) => ({
      GroupId,
      GroupName,
    })),
    HasUserData: machine.userData !== undefined,
    DisableApiTermination: machine.disableApiTermination ?? false,
  };
}

export function volumeOfSnapshot(row: SnapshotRow): BackupVolume {
  const { id: SnapshotId, volumeId, backup, volumeSizeGiB: SizeGiB, encryption } = row;
  const VolumeId = backup?.sourceId ?? volumeId;
  return { VolumeId, SnapshotId, SizeGiB, Encrypted: encryption !== undefined };
}

/** Those that the backup has, then those that it was made without. */
export function volumesOfMachine(row: ImageRow): BackupVolume[] {
  const recorded = row.machine?.volumes ?? [];
  const kept = row.blockDeviceMappings.map(({ deviceName, ebs }) => ({
    DeviceName: deviceName,
    VolumeId: recorded.find((volume) => volume.deviceName === deviceName)?.volumeId,
    SnapshotId: ebs.snapshotId,
    SizeGiB: ebs.volumeSizeGiB,
    VolumeType: ebs.volumeType,
    Encrypted: ebs.encrypted ?? false,
  }));
  const left = recorded.filter(
    ({ deviceName }) => !kept.some(({ DeviceName }) => DeviceName === deviceName),
  );
  return [
    ...kept,
    ...left.map(({ deviceName, volumeId, sizeGiB, volumeType, encrypted }) => ({
      DeviceName: deviceName,
      VolumeId: volumeId,
      SizeGiB: sizeGiB,
      VolumeType: volumeType,
      Encrypted: encrypted ?? false,
    })),
  ];
}

/** What only a launch gives, a preview does not know: that of another launch is another. */
export function differenceShape(
  {
    member: Member,
    was: Was,
    now,
    atLaunch: GivenAtLaunch,
    reason: Reason,
  }: domain.RestoreDifference,
  isPreview = false,
): RestoreDifference {
  const Now = isPreview && GivenAtLaunch ? undefined : now;
  return { Member, Was, Now, GivenAtLaunch, Reason };
}
