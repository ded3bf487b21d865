/**
 * What tests of security groups ask for again and again, in the context that the test under way
 * has.
 */
import type {
  AuthorizeSecurityGroupEgressRequest,
  AuthorizeSecurityGroupIngressRequest,
  DescribeSecurityGroupRulesRequest,
} from '../../api/generated/ec2-types.ts';
import type { SecurityGroupRow, SecurityGroupRuleRow } from '../catalog/rows/network.ts';
import { authorizeSecurityGroupEgress } from './ec2/security-groups/AuthorizeSecurityGroupEgress.ts';
import { authorizeSecurityGroupIngress } from './ec2/security-groups/AuthorizeSecurityGroupIngress.ts';
import { createSecurityGroup } from './ec2/security-groups/CreateSecurityGroup.ts';
import { describeSecurityGroupRules } from './ec2/security-groups/DescribeSecurityGroupRules.ts';
import { describeSecurityGroups } from './ec2/security-groups/DescribeSecurityGroups.ts';
import type { OperationContext } from './operation.ts';

export function securityGroupCalls(context: () => OperationContext) {
  return {
    async create(GroupName: string, more = {}): Promise<string> {
      const input = { GroupName, Description: 'test', ...more };
      return (await createSecurityGroup.run(input, context())).GroupId ?? '';
    },
    authorize: (input: AuthorizeSecurityGroupIngressRequest) =>
      authorizeSecurityGroupIngress.run(input, context()),
    authorizeOut: (input: AuthorizeSecurityGroupEgressRequest) =>
      authorizeSecurityGroupEgress.run(input, context()),
    groups: async (input = {}) =>
      (await describeSecurityGroups.run(input, context())).SecurityGroups ?? [],
    row: (id: string) =>
      context().catalog.read(({ securityGroups }) =>
        securityGroups.get(id),
      ) as Promise<SecurityGroupRow>,
    /** As clients see them; of one direction, where the test says which. */
    async rules(groupId: string, direction?: SecurityGroupRuleRow['direction']) {
      const input: DescribeSecurityGroupRulesRequest = {
        Filters: [{ Name: 'group-id', Values: [groupId] }],
      };
      const { SecurityGroupRules = [] } = await describeSecurityGroupRules.run(input, context());
      return SecurityGroupRules.filter(
        ({ IsEgress }) => direction === undefined || IsEgress === (direction === 'egress'),
      );
    },
    ruleRows: (groupId: string): Promise<SecurityGroupRuleRow[]> =>
      context().catalog.read(({ securityGroupRules }) =>
        securityGroupRules.list({ where: { groupId } }),
      ),
  };
}

export function permission(
  IpProtocol: string,
  FromPort: number,
  ToPort: number,
  ...cidrs: string[]
) {
  return { IpProtocol, FromPort, ToPort, IpRanges: cidrs.map((CidrIp) => ({ CidrIp })) };
}
