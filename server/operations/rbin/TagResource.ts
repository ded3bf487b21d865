import type { EmptyResult, TagResourceRequest } from '../../../api/rbin.ts';
import { ruleOfArn } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import { ruleTags } from '../requests/recycle-rules.ts';

/** Also of a rule that is locked: its tags say nothing of what it keeps. */
export const tagResource: Operation<TagResourceRequest, EmptyResult> = {
  accepts: ['ResourceArn', 'Tags'],
  async run({ ResourceArn: arn, Tags }, { catalog, caller }) {
    await catalog.write(async (transaction) => {
      const rule = await ruleOfArn(transaction, caller, arn);
      await transaction.recycleRules.update({ ...rule, tags: ruleTags(Tags, rule.tags) });
    });
    return {};
  },
};
