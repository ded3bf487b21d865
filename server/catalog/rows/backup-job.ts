/** Backup jobs: each makes one recovery point. */
import type { PlanOrigin } from './backup-plan.ts';
import type { BackupResourceType, PointLifecycle } from './backup-vault.ts';
import type { OwnedRow } from './row.ts';

export interface BackupJobRow extends OwnedRow {
  state: 'RUNNING' | 'COMPLETED' | 'FAILED' | 'ABORTED';
  statusMessage?: string;
  completedAt?: string;
  vaultArn: string;
  resourceArn: string;
  resourceType: BackupResourceType;
  resourceName?: string;
  iamRoleArn: string;
  /** What it makes, or made; absent: it failed before. */
  recoveryPointArn?: string;
  /** Absent: somebody asked for it. */
  createdBy?: PlanOrigin;
  sizeBytes: number;
  isEncrypted: boolean;
  lifecycle?: PointLifecycle;
}
