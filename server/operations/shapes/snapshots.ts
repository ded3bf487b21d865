/** Snapshots as EC2 shows them. */
import type {
  CreateVolumePermission,
  LockSnapshotResult,
  Snapshot,
  SnapshotInfo,
  SnapshotTierStatus,
} from '../../../api/generated/ec2-types.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { encryptionArn } from '../../domain/kms-keys.ts';
import { lockTimes } from '../../domain/snapshot-locks.ts';
import { storageTier, tieringStatus } from '../../domain/snapshot-tiers.ts';
import { tagList } from './tags.ts';

/** Tags are the owner's: others do not see them. */
export function snapshotShape(row: SnapshotRow, viewer: { account: string }): Snapshot {
  return {
    SnapshotId: row.id,
    VolumeId: row.volumeId,
    VolumeSize: row.volumeSizeGiB,
    State: row.state,
    StateMessage: row.stateMessage,
    Progress: `${row.progressPercent}%`,
    StartTime: new Date(row.startedAt),
    CompletionTime: row.completedAt === undefined ? undefined : new Date(row.completedAt),
    FullSnapshotSizeInBytes: row.fullSizeBytes,
    Description: row.description,
    Encrypted: row.encryption !== undefined,
    KmsKeyId: encryptionArn(row),
    StorageTier: storageTier(row),
    RestoreExpiryTime: restoreExpiry(row),
    TransferType: row.copiedFrom && 'standard',
    OwnerId: row.account,
    OwnerAlias: row.ownerAlias,
    Tags: row.account === viewer.account ? tagList(row.tags) : [],
  };
}

export function volumePermissionShape(grantee: string): CreateVolumePermission {
  return grantee === 'all' ? { Group: grantee } : { UserId: grantee };
}

/** One of several that were ordered together. */
export function snapshotInfoShape(row: SnapshotRow): SnapshotInfo {
  return {
    SnapshotId: row.id,
    VolumeId: row.volumeId,
    VolumeSize: row.volumeSizeGiB,
    State: row.state,
    Progress: `${row.progressPercent}%`,
    StartTime: new Date(row.startedAt),
    Description: row.description,
    Encrypted: row.encryption !== undefined,
    OwnerId: row.account,
    Tags: tagList(row.tags),
  };
}

/** What is known of its lock, if it ever had one. */
export function lockShape(row: SnapshotRow, now: Date): LockSnapshotResult {
  if (!row.lock) return { SnapshotId: row.id };
  const times = lockTimes(row, row.lock, now);
  return {
    SnapshotId: row.id,
    LockState: times.state,
    LockDuration: times.durationDays,
    CoolOffPeriod: row.lock.coolOffHours,
    CoolOffPeriodExpiresOn: times.coolOffUntil,
    LockCreatedOn: new Date(row.lock.createdAt),
    LockDurationStartTime: times.startedAt,
    LockExpiresOn: times.expiresAt,
  };
}

export function snapshotTierShape(row: SnapshotRow): SnapshotTierStatus {
  return {
    SnapshotId: row.id,
    VolumeId: row.volumeId,
    Status: row.state,
    OwnerId: row.account,
    StorageTier: storageTier(row),
    LastTieringStartTime: row.tiering && new Date(row.tiering.startedAt),
    LastTieringProgress: row.tiering?.progressPercent,
    LastTieringOperationStatus: tieringStatus(row),
    LastTieringOperationStatusDetail: row.tiering?.detail,
    ArchivalCompleteTime: row.tiering?.archivedAt ? new Date(row.tiering.archivedAt) : undefined,
    RestoreExpiryTime: restoreExpiry(row),
    Tags: tagList(row.tags),
  };
}

function restoreExpiry({ archive }: SnapshotRow): Date | undefined {
  return archive?.restoredUntil === undefined ? undefined : new Date(archive.restoredUntil);
}
