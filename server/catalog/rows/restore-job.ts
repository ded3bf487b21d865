/** Restore jobs of AWS Backup: an instance, or a volume, that is made of a recovery point. */
import { placeAt } from './backup.ts';
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
  /** Absent: of a test whose machine is not launched yet. */
  createdResourceArn?: string;
  iamRoleArn?: string;
  sizeBytes: number;
  /** As it was asked for. */
  metadata: Record<string, string>;
  /** It is a test, whose drill says what came of it. */
  testing?: RestoreTest;
}

export interface RestoreTest {
  planArn: string;
  drillId: string;
  validationWindowHours: number;
  /** Once the drill has a verdict. */
  validation?: 'VALIDATING' | 'SUCCESSFUL' | 'FAILED' | 'TIMED_OUT';
  validationMessage?: string;
  /** Until when a customer's verdict is waited for. */
  validatingUntil?: string;
}

/** Those whose customer has not said anything yet are found by when that is over. */
export function validatingRestore({ testing }: RestoreJobRow): string[] {
  const isWaitedFor = testing?.validation === 'VALIDATING';
  return isWaitedFor && testing.validatingUntil ? [testing.validatingUntil] : [];
}

/** Those that may still change are found by it. */
export function openRestore({ id, status, testing }: RestoreJobRow): string[] {
  return status === 'RUNNING' && !testing ? [id] : [];
}

/** The newest first, among the tests of a plan. */
export function restorePlaces(row: RestoreJobRow): string[] {
  const { testing, createdAt } = row;
  return testing ? [placeAt(row, testing.planArn, new Date(createdAt))] : [];
}
