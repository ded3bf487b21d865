/**
 * Restore testing plans of AWS Backup: by a schedule, a recovery point of each protected resource
 * that a selection means is tested. The id is the ARN,
 * `arn:aws:backup:REGION:ACCOUNT:restore-testing-plan:NAME`.
 */
import type { BackupResourceType } from './backup-vault.ts';
import type { DrillPlan } from './drill.ts';
import type { OwnedRow, Tags } from './row.ts';

export interface RestoreTestingPlanRow extends OwnedRow {
  name: string;
  creatorRequestId?: string;
  schedule: { expression: string; timezone?: string };
  /** A test that could not begin for so long after its time is given up. */
  startWindowHours: number;
  points: TestedPoints;
  selections: RestoreTestingSelection[];
  updatedAt?: string;
  /** Absent: its schedule has no time to come. */
  nextRunAt?: string;
  /** When that is looked at again, within a day; absent: then, and no sooner. */
  nextLookAt?: string;
  lastRunAt?: string;
  /** Of the last run: what has not begun yet. */
  waiting?: WaitingTest[];
  tags: Tags;
}

export interface TestedPoints {
  algorithm: 'LATEST_WITHIN_WINDOW' | 'RANDOM_WITHIN_WINDOW';
  /** ARNs of vaults, in which `*` is any text. */
  includeVaults: string[];
  excludeVaults: string[];
  /** As they were said; absent: SNAPSHOT, as at first. There are no continuous ones. */
  types?: string[];
  windowDays: number;
}

export interface RestoreTestingSelection {
  name: string;
  creatorRequestId?: string;
  createdAt: string;
  updatedAt?: string;
  iamRoleArn: string;
  /** Absent: EC2, as it was at first. */
  resourceType?: BackupResourceType;
  /** ARNs of instances, or of volumes, or `*` alone. */
  resourceArns: string[];
  /** Of the recovery point's tags, where `*` is meant: all of them. */
  tagEquals: { key: string; value: string }[];
  tagNotEquals: { key: string; value: string }[];
  /** As they were given; what they say is in `drill`. */
  overrides: Record<string, string>;
  drill: DrillPlan;
  /** For so long a customer's verdict is waited for, after Imago's own; 0: it is not. */
  validationWindowHours: number;
}

export interface WaitingTest {
  selection: string;
  resourceArn: string;
}
