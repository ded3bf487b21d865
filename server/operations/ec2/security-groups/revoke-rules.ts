/** RevokeSecurityGroupIngress and its twin. */
import type {
  IpPermission,
  RevokeSecurityGroupIngressRequest,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import {
  type Direction,
  removeRuleIds,
  removeRules,
} from '../../../domain/security-group-rules.ts';
import { requiredChangingGroup } from '../../../domain/security-groups.ts';
import type { OperationContext } from '../../operation.ts';
import { rulesOf } from '../../requests/security-group-rules.ts';
import { permissionsOf, revokedRuleShape } from '../../shapes/security-groups.ts';

/** What matches no rule is told, not refused, as EC2 does in a default VPC. */
export async function revokeRules(
  input: RevokeSecurityGroupIngressRequest,
  direction: Direction,
  { catalog, caller }: OperationContext,
) {
  const { SecurityGroupRuleIds: ruleIds = [] } = input;
  const { IpPermissions, CidrIp, SourceSecurityGroupName } = input;
  const properties = IpPermissions ?? CidrIp ?? SourceSecurityGroupName;
  if (ruleIds.length > 0 && properties !== undefined) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Name rules either by SecurityGroupRuleIds or by their properties.',
    );
  }
  return catalog.write(async (transaction) => {
    const group = await requiredChangingGroup(transaction, caller, input);
    let unknown: IpPermission[] = [];
    let removed = [];
    if (ruleIds.length > 0) removed = await removeRuleIds(transaction, group, direction, ruleIds);
    else {
      const named = await rulesOf(transaction, group, input);
      const result = await removeRules(transaction, group, direction, named);
      removed = result.removed;
      unknown = permissionsOf(group.account, result.unknown);
    }
    return {
      Return: true,
      RevokedSecurityGroupRules: removed.map(revokedRuleShape),
      UnknownIpPermissions: unknown,
    };
  });
}
