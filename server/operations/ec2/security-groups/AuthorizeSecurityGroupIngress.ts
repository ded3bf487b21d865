import type {
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult,
} from '../../../../api/generated/ec2-types.ts';
import { requiredSecurityGroup, withRules } from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';
import { acceptedRules, rulesOf } from '../../requests/security-group-rules.ts';
import { ruleShape } from '../../shapes/security-groups.ts';

/** Sources other than IPv4 blocks are not accepted, nor tags of rules. */
export const authorizeSecurityGroupIngress: Operation<
  AuthorizeSecurityGroupIngressRequest,
  AuthorizeSecurityGroupIngressResult
> = {
  accepts: ['GroupId', 'GroupName', ...acceptedRules],
  async run(input, { catalog, caller, ids }) {
    const added = rulesOf(input);
    const { group, rules } = await catalog.write(async (transaction) => {
      const before = await requiredSecurityGroup(transaction, caller, input);
      const after = withRules(before, added, ids);
      await transaction.securityGroups.update(after.group);
      return after;
    });
    return { Return: true, SecurityGroupRules: rules.map((rule) => ruleShape(group, rule)) };
  },
};
