/** Retention rules of the recycle bin. */
import type { OwnedRow, Tags } from './row.ts';

export interface RecycleRuleRow extends OwnedRow {
  resourceType: RecycledType;
  retentionDays: number;
  description?: string;
  /** With any of these; none: the rule is for the whole region. */
  resourceTags: ResourceTag[];
  /** Of a rule for the whole region: but for those with any of these. */
  excludeResourceTags: ResourceTag[];
  /** Absent: it was never locked. */
  lock?: RuleLock;
  tags: Tags;
}

export type RecycledType = 'EC2_IMAGE' | 'EBS_SNAPSHOT' | 'EBS_VOLUME';

/** Without a value: whatever it is. */
export interface ResourceTag {
  key: string;
  value?: string;
}

export interface RuleLock {
  unlockDelayDays: number;
  /** It was unlocked: the lock holds until then. */
  endsAt?: string;
}
