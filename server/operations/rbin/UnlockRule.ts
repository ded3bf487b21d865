import type { RuleRequest, RuleResult } from '../../../api/rbin.ts';
import { changeRule, unlockedRule } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import { wholeRuleShape } from '../shapes/recycle-rules.ts';

export const unlockRule: Operation<RuleRequest, RuleResult> = {
  accepts: ['Identifier'],
  async run({ Identifier: id }, { catalog, caller, clock }) {
    const now = clock.now();
    const rule = await catalog.write((transaction) =>
      changeRule(transaction, caller, id, (before) => unlockedRule(before, now)),
    );
    return wholeRuleShape(rule, now);
  },
};
