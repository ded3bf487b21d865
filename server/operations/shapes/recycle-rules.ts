/** Retention rules as rbin shows them. */
import type {
  LockConfiguration,
  ResourceTag as ResourceTagShape,
  Rule,
  RuleResult,
  UpdateRuleResult,
} from '../../../api/rbin.ts';
import type { RecycleRuleRow, ResourceTag } from '../../catalog/rows/recycle-rule.ts';
import { lockStateOf, ruleArn } from '../../domain/recycle-rules.ts';

export function ruleShape(row: RecycleRuleRow, now: Date): Rule {
  return {
    Identifier: row.id,
    Description: row.description,
    ResourceType: row.resourceType,
    RetentionPeriod: { RetentionPeriodValue: row.retentionDays, RetentionPeriodUnit: 'DAYS' },
    ResourceTags: row.resourceTags.map(resourceTagShape),
    ExcludeResourceTags: row.excludeResourceTags.map(resourceTagShape),
    Status: 'available',
    LockState: lockStateOf(row, now),
    RuleArn: ruleArn(row),
  };
}

function resourceTagShape({ key, value }: ResourceTag): ResourceTagShape {
  return { ResourceTagKey: key, ResourceTagValue: value };
}

/** While the delay of an unlocked one runs: when it ends. */
export function ruleUntilShape(row: RecycleRuleRow, now: Date): UpdateRuleResult {
  const ends = lockStateOf(row, now) === 'pending_unlock' ? row.lock?.endsAt : undefined;
  return { ...ruleShape(row, now), LockEndTime: ends === undefined ? undefined : new Date(ends) };
}

export function wholeRuleShape(row: RecycleRuleRow, now: Date): RuleResult {
  return { ...ruleUntilShape(row, now), LockConfiguration: lockShape(row) };
}

export function lockShape({ lock }: RecycleRuleRow): LockConfiguration | undefined {
  if (!lock) return undefined;
  return { UnlockDelay: { UnlockDelayValue: lock.unlockDelayDays, UnlockDelayUnit: 'DAYS' } };
}
