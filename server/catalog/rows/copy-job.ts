/**
 * Copy jobs: each makes a recovery point in another vault, of one that is there. They are the
 * region's in which the original is.
 */
import type { PlanOrigin } from './backup-plan.ts';
import type { BackupResourceType, PointLifecycle } from './backup-vault.ts';
import type { OwnedRow } from './row.ts';

export interface CopyJobRow extends OwnedRow {
  state: 'RUNNING' | 'COMPLETED' | 'FAILED';
  statusMessage?: string;
  completedAt?: string;
  sourceVaultArn: string;
  sourcePointArn: string;
  destinationVaultArn: string;
  /** What it makes, or made; absent: it failed before. */
  destinationPointArn?: string;
  resourceArn: string;
  resourceType: BackupResourceType;
  resourceName?: string;
  iamRoleArn: string;
  sizeBytes: number;
  lifecycle?: PointLifecycle;
  /** Absent, as the next: somebody asked for it. */
  createdBy?: PlanOrigin;
  /** The backup job after which its plan wanted it. */
  backupJobId?: string;
}
