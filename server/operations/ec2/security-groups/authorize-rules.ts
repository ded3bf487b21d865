/** AuthorizeSecurityGroupIngress and its twin. */
import type { AuthorizeSecurityGroupIngressRequest } from '../../../../api/generated/ec2-types.ts';
import { addRules, type Direction } from '../../../domain/security-group-rules.ts';
import { requiredChangingGroup } from '../../../domain/security-groups.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { OperationContext } from '../../operation.ts';
import { rulesOf } from '../../requests/security-group-rules.ts';
import { ruleShape } from '../../shapes/security-groups.ts';

export async function authorizeRules(
  input: AuthorizeSecurityGroupIngressRequest,
  direction: Direction,
  { catalog, caller, clock, ids }: OperationContext,
) {
  const tags = tagsOfSpecifications(input.TagSpecifications, ['security-group-rule']);
  const made = { clock, ids, tags: tags['security-group-rule'] };
  const rules = await catalog.write(async (transaction) => {
    const group = await requiredChangingGroup(transaction, caller, input);
    const added = await rulesOf(transaction, group, input);
    return addRules(transaction, group, direction, added, made);
  });
  return { Return: true, SecurityGroupRules: rules.map(ruleShape) };
}
