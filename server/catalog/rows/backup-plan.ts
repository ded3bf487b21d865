/** Backup plans, whose rules say when, and their selections, which say what. The ids are UUIDs. */
import type { CopyWish, PointLifecycle } from './backup-vault.ts';
import type { OwnedRow, Tags } from './row.ts';

export interface BackupPlanRow extends OwnedRow {
  name: string;
  /** Another one with each change. */
  versionId: string;
  /** Since when it is this one; absent: since the plan was made, or it is not known. */
  changedAt?: string;
  /** As it was given. */
  creatorRequestId?: string;
  rules: BackupPlanRule[];
  lastRunAt?: string;
  /**
   * When it is looked at: at the first time of its rules, and after a day at the latest. Absent of
   * one that nobody has looked at since there is this: then.
   */
  nextRunAt?: string;
  tags: Tags;
}

/** What a plan said before it was changed; the id is that of the plan, and the version's. */
export interface FormerPlanRow extends OwnedRow {
  planId: string;
  versionId: string;
  name: string;
  creatorRequestId?: string;
  rules: BackupPlanRule[];
}

export interface BackupPlanRule {
  id: string;
  name: string;
  vaultName: string;
  /** `cron(…)` or `rate(…)`. */
  expression: string;
  timezone?: string;
  lifecycle?: PointLifecycle;
  /** As it was said; absent: as long as usual. */
  startMinutes?: number;
  completionMinutes?: number;
  copies?: CopyWish[];
  /** Of its recovery points, beside those of what they are of. */
  tags: Tags;
  /** When it is carried out next; absent: there is no such time. */
  nextRunAt?: string;
}

export function nextRunOf({ rules, nextRunAt }: BackupPlanRow): string[] {
  if (nextRunAt !== undefined) return [nextRunAt];
  const times = rules.map(({ nextRunAt }) => nextRunAt).filter((time) => time !== undefined);
  return times.sort().slice(0, 1);
}

export interface BackupSelectionRow extends OwnedRow {
  planId: string;
  name: string;
  iamRoleArn: string;
  creatorRequestId?: string;
  /** ARNs, or how they begin, with `*` at their end. */
  resources: string[];
  notResources: string[];
  /** One of them must be so. */
  anyTag: TagCondition[];
  /** All of them must be so. */
  conditions: (TagCondition & { operator: ConditionOperator })[];
}

export interface TagCondition {
  key: string;
  value: string;
}

export type ConditionOperator = 'StringEquals' | 'StringNotEquals' | 'StringLike' | 'StringNotLike';

/** Which rule of which plan has made a recovery point, and for which time. */
export interface PlanOrigin {
  planId: string;
  planName: string;
  planVersion: string;
  ruleId: string;
  ruleName: string;
  ruleCron: string;
  ruleTimezone: string;
}
