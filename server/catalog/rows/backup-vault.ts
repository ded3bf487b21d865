/**
 * Backup vaults and the recovery points that are in them. The id of a vault is its ARN,
 * `arn:aws:backup:REGION:ACCOUNT:backup-vault:NAME`; that of a
 * recovery point is the ARN of its image or snapshot, such as `arn:aws:ec2:REGION::image/ami-…`.
 */
import type { PlanOrigin } from './backup-plan.ts';
import type { DatedLock } from './lock-date.ts';
import { type OwnedRow, type Tags, viewerKey } from './row.ts';

/** Of the vault that each account has in each region there is a row once something was changed. */
export interface BackupVaultRow extends OwnedRow {
  name: string;
  /** As it was given. */
  creatorRequestId?: string;
  /** While it is there nobody deletes a recovery point, but for its own lifecycle. */
  lock?: VaultLock;
  tags: Tags;
}

export interface VaultLock extends DatedLock {
  /** Of what is put into the vault from now on. */
  minRetentionDays?: number;
  maxRetentionDays?: number;
  /** From then on nobody changes the lock, or takes it away; absent: whoever has the vault may. */
  lockDate?: string;
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
  /** The backup job, or copy job, by which it was made. */
  jobId: string;
  /** As it was given: Imago has no roles, and it does nothing. */
  iamRoleArn: string;
  sizeBytes: number;
  isEncrypted: boolean;
  /** Absent: it is kept until somebody deletes it. */
  lifecycle?: PointLifecycle;
  /** Its time is over, and something holds it: when that is looked at again. */
  heldUntil?: string;
  lastRestoredAt?: string;
  /** Absent: somebody asked for it. */
  createdBy?: PlanOrigin;
  /** Of a copy: the vault of its original, which was made when this row says. */
  sourceVaultArn?: string;
  /** Not ordered yet: its plan wants them once it is there. */
  copies?: CopyWish[];
}

/** A copy of what a rule of a plan makes. */
export interface CopyWish {
  vaultArn: string;
  /** Absent: that of the original. */
  lifecycle?: PointLifecycle;
}

export interface PointLifecycle {
  /** From when it was made. */
  deleteAfterDays?: number;
}

/** What is to be removed is found by it. */
export function deletionOf({ createdAt, lifecycle, heldUntil = '' }: RecoveryPointRow): string[] {
  const days = lifecycle?.deleteAfterDays;
  if (days === undefined) return [];
  const at = new Date(Date.parse(createdAt) + days * dayMs).toISOString();
  return [at > heldUntil ? at : heldUntil];
}

const dayMs = 24 * 60 * 60_000;

export function heldUntilOf({ heldUntil }: RecoveryPointRow): string[] {
  return heldUntil === undefined ? [] : [heldUntil];
}

/** Of which resources there are points that are there is found by it, in each region of an account. */
export function resourcePlace(row: RecoveryPointRow): string[] {
  const { status, resourceArn } = row;
  return status === 'AVAILABLE' ? [`${resourcePlaces(row)}${resourceArn}`] : [];
}

/** What the places of an owner begin with. */
export function resourcePlaces({ account, region }: Pick<OwnedRow, 'account' | 'region'>): string {
  return `${viewerKey(region, account)}/`;
}

/** Those that are there and are to be copied are found by it. */
export function copyDueOf({ completedAt, copies }: RecoveryPointRow): string[] {
  return completedAt !== undefined && copies !== undefined ? [completedAt] : [];
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
