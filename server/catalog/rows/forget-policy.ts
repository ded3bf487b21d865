/** Policies that forget backups by restic's rules, at their times. */
import type { OwnedRow } from './row.ts';

export interface ForgetPolicyRow extends OwnedRow {
  // The id is `account/region/name`.
  name: string;
  enabled: boolean;
  /** Instances and volumes, be they gone; or those that have one of the tags. */
  sourceIds?: string[];
  targetTags?: { key: string; value: string }[];
  /** As Imago's API has them: `KeepDaily`, …, and the time zone of their days and of the schedule. */
  keep: Record<string, number | string | string[]>;
  /** `cron(…)` or `rate(…)`. */
  expression: string;
  /** Its next time; absent: it is not enabled, or there is none. */
  nextAt?: string;
  /** When it is looked at: then, and after a day at the latest. */
  nextRunAt?: string;
  /** What the last round came to. */
  lastRun?: { at: string; removed: number; refused: number; problem?: string };
}
