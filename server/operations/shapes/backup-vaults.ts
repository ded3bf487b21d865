/** Vaults, jobs and recovery points as AWS Backup answers them. */
import type {
  BackupJob,
  BackupVaultListMember,
  CopyJob,
  DescribeRecoveryPointOutput,
  ProtectedResource,
  RecoveryPointByBackupVault,
} from '../../../api/generated/backup-types.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { BackupJobRow } from '../../catalog/rows/backup-job.ts';
import {
  type BackupVaultRow,
  deletionOf,
  type ProtectedResourceRow,
  type RecoveryPointRow,
} from '../../catalog/rows/backup-vault.ts';
import type { CopyJobRow } from '../../catalog/rows/copy-job.ts';
import { nameOfVault } from '../../domain/backups/arns.ts';
import { percentDone } from '../../domain/backups/jobs.ts';
import { pointsIn } from '../../domain/backups/vaults.ts';
import { creatorShape } from './backup-plans.ts';

const vaultType = 'BACKUP_VAULT';

export async function vaultShape(
  reader: CatalogReader,
  row: BackupVaultRow,
): Promise<BackupVaultListMember> {
  return {
    BackupVaultName: row.name,
    BackupVaultArn: row.id,
    VaultType: vaultType,
    VaultState: 'AVAILABLE',
    CreationDate: new Date(row.createdAt),
    CreatorRequestId: row.creatorRequestId,
    NumberOfRecoveryPoints: await pointsIn(reader, row),
    Locked: row.lock !== undefined,
    MinRetentionDays: row.lock?.minRetentionDays,
    MaxRetentionDays: row.lock?.maxRetentionDays,
    LockDate: date(row.lock?.lockDate),
  };
}

export async function jobShape(reader: CatalogReader, row: BackupJobRow): Promise<BackupJob> {
  return {
    AccountId: row.account,
    BackupJobId: row.id,
    BackupVaultName: nameOfVault(row),
    BackupVaultArn: row.vaultArn,
    VaultType: vaultType,
    RecoveryPointArn: row.recoveryPointArn,
    ResourceArn: row.resourceArn,
    ResourceType: row.resourceType,
    ResourceName: row.resourceName,
    CreationDate: new Date(row.createdAt),
    InitiationDate: new Date(row.createdAt),
    StartBy: date(row.startBy),
    CompletionDate: date(row.completedAt),
    State: row.state,
    StatusMessage: row.statusMessage,
    PercentDone: (await percentDone(reader, row)).toFixed(1),
    BackupSizeInBytes: row.sizeBytes,
    IamRoleArn: row.iamRoleArn,
    IsEncrypted: row.isEncrypted,
    IsParent: false,
    CreatedBy: creatorShape(row),
    RecoveryPointLifecycle: row.lifecycle && { DeleteAfterDays: row.lifecycle.deleteAfterDays },
  };
}

export function copyJobShape(row: CopyJobRow): CopyJob {
  return {
    AccountId: row.account,
    CopyJobId: row.id,
    SourceBackupVaultArn: row.sourceVaultArn,
    SourceRecoveryPointArn: row.sourcePointArn,
    DestinationBackupVaultArn: row.destinationVaultArn,
    DestinationVaultType: vaultType,
    DestinationRecoveryPointArn: row.destinationPointArn,
    DestinationRecoveryPointLifecycle: row.lifecycle && {
      DeleteAfterDays: row.lifecycle.deleteAfterDays,
    },
    ResourceArn: row.resourceArn,
    ResourceType: row.resourceType,
    ResourceName: row.resourceName,
    CreationDate: new Date(row.createdAt),
    CompletionDate: date(row.completedAt),
    State: row.state,
    StatusMessage: row.statusMessage,
    BackupSizeInBytes: row.sizeBytes,
    IamRoleArn: row.iamRoleArn,
    CreatedBy: creatorShape(row),
    CreatedByBackupJobId: row.backupJobId,
    IsParent: false,
  };
}

export function pointShape(row: RecoveryPointRow): RecoveryPointByBackupVault {
  return {
    RecoveryPointArn: row.id,
    BackupVaultName: nameOfVault(row),
    BackupVaultArn: row.vaultArn,
    SourceBackupVaultArn: row.sourceVaultArn,
    VaultType: vaultType,
    ResourceArn: row.resourceArn,
    ResourceType: row.resourceType,
    ResourceName: row.resourceName,
    IamRoleArn: row.iamRoleArn,
    Status: row.heldUntil === undefined ? row.status : 'EXPIRED',
    ...lifecycleShape(row),
    CreatedBy: creatorShape(row),
    LastRestoreTime: date(row.lastRestoredAt),
    CreationDate: new Date(row.createdAt),
    InitiationDate: new Date(row.createdAt),
    CompletionDate: date(row.completedAt),
    BackupSizeInBytes: row.sizeBytes,
    IsEncrypted: row.isEncrypted,
    IsParent: false,
  };
}

export function lifecycleShape(row: RecoveryPointRow) {
  const days = row.lifecycle?.deleteAfterDays;
  if (days === undefined) return {};
  const { heldUntil: _, ...kept } = row;
  return {
    Lifecycle: { DeleteAfterDays: days },
    CalculatedLifecycle: { DeleteAt: date(deletionOf(kept)[0]) },
  };
}

export function describedPoint(row: RecoveryPointRow): DescribeRecoveryPointOutput {
  return { ...pointShape(row), StorageClass: 'WARM' };
}

export function protectedShape(row: ProtectedResourceRow): ProtectedResource {
  return {
    ResourceArn: row.id,
    ResourceType: row.resourceType,
    ResourceName: row.resourceName,
    LastBackupTime: new Date(row.lastBackupAt),
    LastBackupVaultArn: row.lastVaultArn,
    LastRecoveryPointArn: row.lastRecoveryPointArn,
  };
}

export function date(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
