import type { ListRulesRequest, ListRulesResult } from '../../../api/rbin.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { RecycleRuleRow, ResourceTag } from '../../catalog/rows/recycle-rule.ts';
import { pageOf, readPage } from '../../domain/pages.ts';
import { isSame, lockStateOf } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import { recycledType, resourceTags } from '../requests/recycle-rules.ts';
import { ruleShape } from '../shapes/recycle-rules.ts';

const pageBounds = { min: 1, max: 1000 };
const lockStates = ['locked', 'pending_unlock', 'unlocked'];

export const listRules: Operation<ListRulesRequest, ListRulesResult> = {
  accepts: [
    'MaxResults',
    'NextToken',
    'ResourceType',
    'ResourceTags',
    'LockState',
    'ExcludeResourceTags',
  ],
  inPages: { list: 'Rules' },
  async run(input, { catalog, caller, clock }) {
    const { account, region } = caller;
    const page = pageOf(input, { ...caller, action: 'ListRules' }, pageBounds);
    const type = recycledType(input.ResourceType);
    const { LockState: state } = input;
    if (state !== undefined && !lockStates.includes(state)) {
      throw new ServiceError('InvalidParameterValue', `There is no lock state ${state}.`);
    }
    const now = clock.now();
    const matches = (rule: RecycleRuleRow) =>
      rule.resourceType === type &&
      (state === undefined || lockStateOf(rule, now) === state) &&
      hasAll(rule.resourceTags, resourceTags(input.ResourceTags)) &&
      hasAll(rule.excludeResourceTags, resourceTags(input.ExcludeResourceTags));
    const { rows, nextToken } = await catalog.read(({ recycleRules }) =>
      readPage(recycleRules, { account, region }, page, matches),
    );
    const Rules = rows.map((row) => {
      const { Identifier, Description, RetentionPeriod, LockState, RuleArn } = ruleShape(row, now);
      return { Identifier, Description, RetentionPeriod, LockState, RuleArn };
    });
    return { Rules, NextToken: nextToken };
  },
};

function hasAll(tags: readonly ResourceTag[], wanted: readonly ResourceTag[]): boolean {
  return wanted.every((tag) => tags.some((each) => isSame(each, tag)));
}
