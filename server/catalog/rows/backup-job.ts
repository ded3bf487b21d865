/** Backup jobs: each makes one recovery point. */
import type { PlanOrigin } from './backup-plan.ts';
import type { BackupResourceType, CopyWish, PointLifecycle } from './backup-vault.ts';
import type { OwnedRow, Tags } from './row.ts';

export interface BackupJobRow extends OwnedRow {
  /** CREATED until it could begin, or its time to do so is over. */
  state: 'CREATED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'ABORTED' | 'EXPIRED';
  statusMessage?: string;
  completedAt?: string;
  vaultArn: string;
  resourceArn: string;
  resourceType: BackupResourceType;
  resourceName?: string;
  iamRoleArn: string;
  /** What it makes, or made; absent: it has not begun, or failed before. */
  recoveryPointArn?: string;
  /** Absent: somebody asked for it. */
  createdBy?: PlanOrigin;
  sizeBytes: number;
  isEncrypted: boolean;
  lifecycle?: PointLifecycle;
  /** It is not begun later. Absent, as the next: it is of before there were windows. */
  startBy?: string;
  /** From its beginning. */
  completionMinutes?: number;
  /** As long as it is CREATED. */
  waiting?: WaitingJob;
  /** Since it runs: then it is given up. */
  completeBy?: string;
}

export interface WaitingJob {
  /** The next time. */
  tryAt: string;
  /** Of the recovery point, beside those of the resource. */
  tags: Tags;
  copies?: CopyWish[];
}

/** Those that wait, and those that run, are found by when they are looked at. */
export function nextLookAtJob({ state, waiting, completeBy }: BackupJobRow): string[] {
  const at = state === 'CREATED' ? waiting?.tryAt : state === 'RUNNING' ? completeBy : undefined;
  return at === undefined ? [] : [at];
}
