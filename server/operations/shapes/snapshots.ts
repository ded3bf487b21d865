/** Snapshots as EC2 shows them. */
import type { CreateVolumePermission, Snapshot } from '../../../api/generated/ec2-types.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
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
    Encrypted: false,
    StorageTier: 'standard',
    TransferType: row.copiedFrom && 'standard',
    OwnerId: row.account,
    OwnerAlias: row.ownerAlias,
    Tags: row.account === viewer.account ? tagList(row.tags) : [],
  };
}

export function volumePermissionShape(grantee: string): CreateVolumePermission {
  return grantee === 'all' ? { Group: grantee } : { UserId: grantee };
}
