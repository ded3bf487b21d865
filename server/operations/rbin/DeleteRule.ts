import type { EmptyResult, RuleRequest } from '../../../api/rbin.ts';
import { checkChangeable, requiredRule } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';

/** What it has brought into the bin stays there for its time. */
export const deleteRule: Operation<RuleRequest, EmptyResult> = {
  accepts: ['Identifier'],
  async run({ Identifier: id }, { catalog, caller, clock }) {
    await catalog.write(async (transaction) => {
      checkChangeable(await requiredRule(transaction, caller, id), clock.now());
      await transaction.recycleRules.delete(id);
    });
    return {};
  },
};
