/** What Image Builder answers of lifecycle policies. */
import type {
  LifecyclePolicy,
  LifecyclePolicyDetail,
  LifecyclePolicySummary,
} from '../../../api/generated/imagebuilder-types.ts';
import type { LifecyclePolicyRow, LifecycleRule } from '../../catalog/rows/lifecycle-policy.ts';

export function policySummary(row: LifecyclePolicyRow): LifecyclePolicySummary {
  const { id, name, description, status, executionRole, tags } = row;
  const { createdAt, updatedAt = createdAt, lastRunAt } = row;
  return {
    arn: id,
    name,
    description,
    status,
    executionRole,
    resourceType: 'AMI_IMAGE',
    dateCreated: new Date(createdAt),
    dateUpdated: new Date(updatedAt),
    dateLastRun: lastRunAt === undefined ? undefined : new Date(lastRunAt),
    tags,
  };
}

export function policyShape(row: LifecyclePolicyRow): LifecyclePolicy {
  const { recipes, tags: tagMap } = row.selection;
  return {
    ...policySummary(row),
    policyDetails: row.rules.map(ruleShape),
    resourceSelection: { recipes, tagMap },
  };
}

function ruleShape({ action, includes, filter, exclusions }: LifecycleRule): LifecyclePolicyDetail {
  const { tags: tagMap, amis } = exclusions;
  const { tags: amiTags, ...ofAmis } = amis ?? {};
  return {
    action: { type: action, includeResources: includes },
    filter,
    exclusionRules:
      tagMap || amis ? { tagMap, amis: amis && { ...ofAmis, tagMap: amiTags } } : undefined,
  };
}
