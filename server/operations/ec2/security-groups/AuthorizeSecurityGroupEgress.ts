import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupEgressResult,
} from '../../../../api/generated/ec2-types.ts';
import { addRules } from '../../../domain/security-group-rules.ts';
import { requiredChangingGroup } from '../../../domain/security-groups.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { acceptedPermissions, rulesOf } from '../../requests/security-group-rules.ts';
import { ruleShape } from '../../shapes/security-groups.ts';

export const authorizeSecurityGroupEgress: Operation<
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupEgressResult
> = {
  accepts: ['GroupId', 'TagSpecifications', ...acceptedPermissions],
  async run(input, { catalog, caller, clock, ids }) {
    const tags = tagsOfSpecifications(input.TagSpecifications, ['security-group-rule']);
    const made = { clock, ids, tags: tags['security-group-rule'] };
    const rules = await catalog.write(async (transaction) => {
      const group = await requiredChangingGroup(transaction, caller, input);
      const added = await rulesOf(transaction, group, input);
      return addRules(transaction, group, 'egress', added, made);
    });
    return { Return: true, SecurityGroupRules: rules.map(ruleShape) };
  },
};
