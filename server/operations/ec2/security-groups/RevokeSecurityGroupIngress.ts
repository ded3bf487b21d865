import type {
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import {
  requiredSecurityGroup,
  withoutRuleIds,
  withoutRules,
} from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';
import { acceptedRules, rulesOf } from '../../requests/security-group-rules.ts';
import { permissionsOf, revokedRuleShape } from '../../shapes/security-groups.ts';

export const revokeSecurityGroupIngress: Operation<
  RevokeSecurityGroupIngressRequest,
  RevokeSecurityGroupIngressResult
> = {
  accepts: ['GroupId', 'GroupName', 'SecurityGroupRuleIds', ...acceptedRules],
  async run(input, { catalog, caller }) {
    const { SecurityGroupRuleIds: ruleIds } = input;
    if (ruleIds?.length && (input.IpPermissions || input.CidrIp !== undefined)) {
      throw new ServiceError(
        'InvalidParameterCombination',
        'Name rules either by SecurityGroupRuleIds or by their properties.',
      );
    }
    const rules = ruleIds?.length ? [] : rulesOf(input);
    const { group, removed, unknown } = await catalog.write(async (transaction) => {
      const before = await requiredSecurityGroup(transaction, caller, input);
      const after = ruleIds?.length
        ? { ...withoutRuleIds(before, ruleIds), unknown: [] }
        : withoutRules(before, rules);
      await transaction.securityGroups.update(after.group);
      return after;
    });
    return {
      Return: true,
      RevokedSecurityGroupRules: removed.map((rule) => revokedRuleShape(group, rule)),
      UnknownIpPermissions: permissionsOf(unknown),
    };
  },
};
