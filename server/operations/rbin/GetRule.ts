import type { RuleRequest, RuleResult } from '../../../api/rbin.ts';
import { requiredRule } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import { wholeRuleShape } from '../shapes/recycle-rules.ts';

export const getRule: Operation<RuleRequest, RuleResult> = {
  accepts: ['Identifier'],
  async run({ Identifier: id }, { catalog, caller, clock }) {
    const rule = await catalog.read((reader) => requiredRule(reader, caller, id));
    return wholeRuleShape(rule, clock.now());
  },
};
