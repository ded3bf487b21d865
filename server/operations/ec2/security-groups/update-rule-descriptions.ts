/** UpdateSecurityGroupRuleDescriptionsIngress and its twin. */
import type { UpdateSecurityGroupRuleDescriptionsIngressRequest } from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import {
  type Direction,
  describeRuleIds,
  describeRules,
} from '../../../domain/security-group-rules.ts';
import { requiredSecurityGroup } from '../../../domain/security-groups.ts';
import type { OperationContext } from '../../operation.ts';
import { acceptedPermissions, described, rulesOf } from '../../requests/security-group-rules.ts';

export const acceptedDescriptions = [
  'GroupId',
  'GroupName',
  'SecurityGroupRuleDescriptions',
  ...acceptedPermissions,
] as const;

export async function updateRuleDescriptions(
  input: UpdateSecurityGroupRuleDescriptionsIngressRequest,
  direction: Direction,
  { catalog, caller }: OperationContext,
) {
  const { IpPermissions, SecurityGroupRuleDescriptions: byId } = input;
  if ((IpPermissions === undefined) === (byId === undefined)) {
    throw new ServiceError(
      byId === undefined ? 'MissingParameter' : 'InvalidParameterCombination',
      'The request must contain either IpPermissions or SecurityGroupRuleDescriptions.',
    );
  }
  const descriptions = new Map(
    (byId ?? []).map(({ SecurityGroupRuleId: id = '', Description }) => [
      id,
      described(Description).description,
    ]),
  );
  await catalog.write(async (transaction) => {
    const group = await requiredSecurityGroup(transaction, caller, input);
    if (byId) return describeRuleIds(transaction, group, direction, descriptions);
    const rules = await rulesOf(transaction, group, { IpPermissions });
    return describeRules(transaction, group, direction, rules);
  });
  return { Return: true };
}
