/**
 * Backup vaults and the recovery points that are in them. The id of a vault is its ARN,
 * `arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME`; that of a
 * recovery point is the ARN of its image or snapshot, such as `arn:aws:ec2:REGION::image/ami-…`.
 */
import type { OwnedRow, Tags } from './row.ts';

/** Of the vault that each account has in each region there is a row once something was changed. */
export interface BackupVaultRow extends OwnedRow {
  name: string;
  /** As it was given. */
  creatorRequestId?: string;
  tags: Tags;
}

export type BackupResourceType = 'EC2' | 'EBS';

export interface RecoveryPointRow extends OwnedRow {
  vaultArn: string;
  /** The instance, or the volume, whether it still is or not. */
  resourceArn: string;
  resourceType: BackupResourceType;
  /** Its tag `Name`, as it was then. */
  resourceName?: string;
  /** As long as its image or snapshot is `pending`, and afterwards; of a failure none is left. */
  status: 'CREATING' | 'AVAILABLE';
  completedAt?: string;
  /** By which it was made. */
  jobId: string;
  /** As it was given: Imago has no roles, and it does nothing. */
  iamRoleArn: string;
  sizeBytes: number;
  isEncrypted: boolean;
}

/**
 * A resource of which there are recovery points that are available; the id is its ARN. What it says
 * is the newest.
 */
export interface ProtectedResourceRow extends OwnedRow {
  resourceType: BackupResourceType;
  resourceName?: string;
  lastBackupAt: string;
  lastVaultArn: string;
  lastRecoveryPointArn: string;
}
