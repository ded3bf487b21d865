import type { LockRuleRequest, LockRuleResult } from '../../../api/rbin.ts';
import { changeRule, lockedRule } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import { unlockDelayDays } from '../requests/recycle-rules.ts';
import { lockShape, ruleShape } from '../shapes/recycle-rules.ts';

export const lockRule: Operation<LockRuleRequest, LockRuleResult> = {
  accepts: ['Identifier', 'LockConfiguration'],
  async run({ Identifier: id, LockConfiguration }, { catalog, caller, clock }) {
    const now = clock.now();
    const days = unlockDelayDays(LockConfiguration);
    const rule = await catalog.write((transaction) =>
      changeRule(transaction, caller, id, (before) => lockedRule(before, days, now)),
    );
    return { ...ruleShape(rule, now), LockConfiguration: lockShape(rule) };
  },
};
