/** Restore jobs of AWS Backup: an instance, or a volume, that is made of a recovery point. */
import type { BackupResourceType } from './backup-vault.ts';
import type { OwnedRow } from './row.ts';

export interface RestoreJobRow extends OwnedRow {
  /** As it was written down last: of an instance that is starting domain/backups has the newest. */
  status: 'RUNNING' | 'COMPLETED' | 'FAILED';
  statusMessage?: string;
  completedAt?: string;
  recoveryPointArn: string;
  recoveryPointCreatedAt: string;
  vaultArn: string;
  /** What the recovery point is of. */
  resourceArn: string;
  resourceType: BackupResourceType;
  createdResourceArn: string;
  iamRoleArn?: string;
  sizeBytes: number;
  /** As it was asked for. */
  metadata: Record<string, string>;
}

/** Those that may still change are found by it. */
export function openRestore({ id, status }: RestoreJobRow): string[] {
  return status === 'RUNNING' ? [id] : [];
}
