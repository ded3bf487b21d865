/** Vaults, jobs and recovery points as AWS Backup answers them. */
import type {
  BackupJob,
  BackupVaultListMember,
  DescribeRecoveryPointOutput,
  RecoveryPointByBackupVault,
} from '../../../api/generated/backup-types.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { BackupJobRow } from '../../catalog/rows/backup-job.ts';
import type { BackupVaultRow, RecoveryPointRow } from '../../catalog/rows/backup-vault.ts';
import { percentDone } from '../../domain/backups/jobs.ts';
import { pointsIn } from '../../domain/backups/vaults.ts';

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
    Locked: false,
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
    CompletionDate: date(row.completedAt),
    State: row.state,
    StatusMessage: row.statusMessage,
    PercentDone: (await percentDone(reader, row)).toFixed(1),
    BackupSizeInBytes: row.sizeBytes,
    IamRoleArn: row.iamRoleArn,
    IsEncrypted: row.isEncrypted,
    IsParent: false,
  };
}

export function pointShape(row: RecoveryPointRow): RecoveryPointByBackupVault {
  return {
    RecoveryPointArn: row.id,
    BackupVaultName: nameOfVault(row),
    BackupVaultArn: row.vaultArn,
    VaultType: vaultType,
    ResourceArn: row.resourceArn,
    ResourceType: row.resourceType,
    ResourceName: row.resourceName,
    IamRoleArn: row.iamRoleArn,
    Status: row.status,
    CreationDate: new Date(row.createdAt),
    InitiationDate: new Date(row.createdAt),
    CompletionDate: date(row.completedAt),
    BackupSizeInBytes: row.sizeBytes,
    IsEncrypted: row.isEncrypted,
    IsParent: false,
  };
}

export function describedPoint(row: RecoveryPointRow): DescribeRecoveryPointOutput {
  return { ...pointShape(row), StorageClass: 'WARM' };
}

export function nameOfVault({ vaultArn }: { vaultArn: string }): string {
  return vaultArn.slice(vaultArn.lastIndexOf(':') + 1);
}

export function date(time: string | undefined): Date | undefined {
  return time === undefined ? undefined : new Date(time);
}
