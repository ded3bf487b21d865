import type { CreateRuleRequest, CreateRuleResult } from '../../../api/rbin.ts';
import type { RecycleRuleRow } from '../../catalog/rows/recycle-rule.ts';
import { checkRule, lockedRule } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import {
  recycledType,
  resourceTags,
  retentionDays,
  ruleTags,
  unlockDelayDays,
} from '../requests/recycle-rules.ts';
import { lockShape, ruleShape } from '../shapes/recycle-rules.ts';

/** Of the letters and digits that a rule's id has; the end of a UUID is random. */
const idChars = 11;

export const createRule: Operation<CreateRuleRequest, CreateRuleResult> = {
  accepts: [
    'RetentionPeriod',
    'Description',
    'Tags',
    'ResourceType',
    'ResourceTags',
    'ExcludeResourceTags',
    'LockConfiguration',
  ],
  async run(input, { catalog, caller, ids, clock }) {
    const now = clock.now();
    const { LockConfiguration: lock } = input;
    const unlocked: RecycleRuleRow = {
      id: ids.uuid().slice(-idChars),
      account: caller.account,
      region: caller.region,
      createdAt: now.toISOString(),
      resourceType: recycledType(input.ResourceType),
      retentionDays: retentionDays(input.RetentionPeriod),
      description: input.Description,
      resourceTags: resourceTags(input.ResourceTags),
      excludeResourceTags: resourceTags(input.ExcludeResourceTags),
      tags: ruleTags(input.Tags),
    };
    const rule = lock ? lockedRule(unlocked, unlockDelayDays(lock), now) : unlocked;
    await catalog.write(async (transaction) => {
      await checkRule(transaction, rule);
      await transaction.recycleRules.insert(rule);
    });
    const { tags } = rule;
    return {
      ...ruleShape(rule, now),
      Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      LockConfiguration: lockShape(rule),
    };
  },
};
