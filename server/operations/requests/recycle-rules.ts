/** What requests of rbin say of a rule. */
import type { LockConfiguration, ResourceTag, RetentionPeriod, Tag } from '../../../api/rbin.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type {
  RecycledType,
  ResourceTag as ResourceTagOfRow,
} from '../../catalog/rows/recycle-rule.ts';
import type { Tags } from '../../catalog/rows/row.ts';
import { quotaExceeded } from '../../domain/recycle-rules.ts';
import { checkedTags } from '../../domain/tags.ts';

const types: readonly string[] = [
  'EC2_IMAGE',
  'EBS_SNAPSHOT',
  'EBS_VOLUME',
] satisfies RecycledType[];
const ruleTagsMax = 50;

export function recycledType(text: string): RecycledType {
  if (types.includes(text)) return text as RecycledType;
  const known = types.join(', ');
  throw new ServiceError('InvalidParameterValue', `ResourceType is one of ${known}, not ${text}.`);
}

export function retentionDays({ RetentionPeriodValue, RetentionPeriodUnit }: RetentionPeriod) {
  return inDays(RetentionPeriodValue, RetentionPeriodUnit);
}

export function unlockDelayDays({ UnlockDelay }: LockConfiguration): number {
  return inDays(UnlockDelay.UnlockDelayValue, UnlockDelay.UnlockDelayUnit);
}

function inDays(value: number, unit: string): number {
  if (unit === 'DAYS') return value;
  throw new ServiceError('InvalidParameterValue', `The unit is DAYS, not ${unit}.`);
}

export function resourceTags(tags: readonly ResourceTag[] = []): ResourceTagOfRow[] {
  return tags.map(({ ResourceTagKey: key, ResourceTagValue: value }) => ({ key, value }));
}

/** Of the rule itself, with those that it has. */
export function ruleTags(tags: readonly Tag[] = [], old: Tags = {}): Tags {
  const all = { ...old, ...checkedTags(tags) };
  if (Object.keys(all).length <= ruleTagsMax) return all;
  throw quotaExceeded(`The maximum number of tags for a rule is ${ruleTagsMax}.`);
}
