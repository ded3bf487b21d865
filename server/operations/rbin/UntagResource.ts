import type { EmptyResult, UntagResourceRequest } from '../../../api/rbin.ts';
import { ruleOfArn } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';

export const untagResource: Operation<UntagResourceRequest, EmptyResult> = {
  accepts: ['ResourceArn', 'TagKeys'],
  async run({ ResourceArn: arn, TagKeys }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const rule = await ruleOfArn(transaction, caller, arn);
      const left = Object.entries(rule.tags).filter(([key]) => !TagKeys.includes(key));
      await transaction.recycleRules.update({ ...rule, tags: Object.fromEntries(left) });
    });
    return {};
  },
};
