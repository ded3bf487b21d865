/** A policy of dlm as the API tells of it, and its rules in words. */
import type { Output } from '../../api/wire.ts';
import { policiesText as text } from '../../text/policies.ts';

export type Policy = NonNullable<Output<'dlm', 'GetLifecyclePolicy'>['Policy']>;
export type Details = NonNullable<Policy['PolicyDetails']>;
export type Schedule = NonNullable<Details['Schedules']>[number];
export type Summary = NonNullable<Output<'dlm', 'GetLifecyclePolicies'>['Policies']>[number];

export interface Rule {
  Count?: number;
  Interval?: number;
  IntervalUnit?: string;
}

export function whenWords({ CreateRule: rule }: Schedule): string {
  if (rule?.CronExpression !== undefined) return rule.CronExpression;
  return text.every(rule?.Interval ?? 0, rule?.Times?.[0] ?? '');
}

export function keptWords({ Count, Interval, IntervalUnit = '' }: Rule = {}): string {
  if (Count !== undefined) return text.newest(Count);
  if (Interval === undefined) return '';
  return text.age(Interval, text.units[IntervalUnit] ?? IntervalUnit);
}

const tagWords = (tags: readonly { Key: string; Value: string }[] = []) =>
  tags.map(({ Key, Value }) => `${Key}=${Value}`).join(', ');

export function targetWords(policy: Policy): string {
  const { PolicyType, ResourceTypes = [], ResourceType, TargetTags } = policy.PolicyDetails ?? {};
  const makes = PolicyType === 'IMAGE_MANAGEMENT' ? text.makes.images : text.makes.snapshots;
  const isOfVolumes = (ResourceTypes[0] ?? ResourceType) === 'VOLUME';
  const of = isOfVolumes ? text.ofVolumes : text.ofMachines;
  const which = policy.DefaultPolicy ? text.everything : text.withTag(tagWords(TargetTags));
  return `${makes}: ${of} ${which}`;
}

export function regionsOf({ CrossRegionCopyRules: rules = [] }: Schedule): string[] {
  return rules.map(({ TargetRegion, Target }) => TargetRegion ?? Target ?? '');
}
