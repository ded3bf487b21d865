import type { UpdateRuleRequest, UpdateRuleResult } from '../../../api/rbin.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { RecycleRuleRow } from '../../catalog/rows/recycle-rule.ts';
import { checkChangeable, checkRule, requiredRule } from '../../domain/recycle-rules.ts';
import type { Operation } from '../operation.ts';
import { resourceTags, retentionDays } from '../requests/recycle-rules.ts';
import { ruleUntilShape } from '../shapes/recycle-rules.ts';

/** For what is deleted from now on: what is in the bin stays as long as it was told. */
export const updateRule: Operation<UpdateRuleRequest, UpdateRuleResult> = {
  accepts: [
    'Identifier',
    'RetentionPeriod',
    'Description',
    'ResourceType',
    'ResourceTags',
    'ExcludeResourceTags',
  ],
  async run(input, { catalog, caller, clock }) {
    const now = clock.now();
    const rule = await catalog.write(async (transaction) => {
      const before = await requiredRule(transaction, caller, input.Identifier);
      checkChangeable(before, now);
      const after = changed(before, input);
      await checkRule(transaction, after);
      return transaction.recycleRules.update(after);
    });
    return ruleUntilShape(rule, now);
  },
};

/** What is left out stays as it is. */
function changed(rule: RecycleRuleRow, input: UpdateRuleRequest): RecycleRuleRow {
  const { RetentionPeriod: period, Description, ResourceType } = input;
  const { ResourceTags: tags, ExcludeResourceTags: excluded } = input;
  if (ResourceType !== undefined && ResourceType !== rule.resourceType) {
    throw new ServiceError(
      'InvalidParameterValue',
      'The ResourceType of a rule cannot be changed; make another rule.',
    );
  }
  return {
    ...rule,
    retentionDays: period ? retentionDays(period) : rule.retentionDays,
    description: Description ?? rule.description,
    resourceTags: tags ? resourceTags(tags) : rule.resourceTags,
    excludeResourceTags: excluded ? resourceTags(excluded) : rule.excludeResourceTags,
  };
}
