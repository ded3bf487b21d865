/** Security groups and their rules as EC2 shows them. */
import type {
  IpPermission,
  RevokedSecurityGroupRule,
  SecurityGroup,
  SecurityGroupRule,
} from '../../../api/generated/ec2-types.ts';
import type { SecurityGroupRule as Rule, SecurityGroupRow } from '../../catalog/rows/network.ts';
import type { NewRule } from '../../domain/security-groups.ts';
import { tagList } from './tags.ts';

/** Outbound everything is allowed, for every group: shown as EC2 shows its default rule. */
const allowAll: IpPermission[] = [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }];

export function securityGroupShape(row: SecurityGroupRow): SecurityGroup {
  return {
    GroupId: row.id,
    GroupName: row.name,
    Description: row.description,
    OwnerId: row.account,
    VpcId: row.vpcId,
    SecurityGroupArn: securityGroupArn(row),
    IpPermissions: permissionsOf(row.ingress),
    IpPermissionsEgress: allowAll,
    Tags: tagList(row.tags),
  };
}

export function securityGroupArn({ region, account, id }: SecurityGroupRow): string {
  return `arn:aws:ec2:${region}:${account}:security-group/${id}`;
}

/** EC2 puts the sources of one port range together. */
export function permissionsOf(rules: readonly NewRule[]): IpPermission[] {
  const groups = Map.groupBy(rules, (rule) => `${rule.protocol} ${rule.fromPort} ${rule.toPort}`);
  return [...groups.values()].map((same) => ({
    IpProtocol: same[0]?.protocol,
    FromPort: same[0]?.fromPort,
    ToPort: same[0]?.toPort,
    IpRanges: same.map((rule) => ({ CidrIp: rule.cidr, Description: rule.description })),
  }));
}

export function ruleShape(group: SecurityGroupRow, rule: Rule): SecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: group.id,
    GroupOwnerId: group.account,
    IsEgress: false,
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    CidrIpv4: rule.cidr,
    Description: rule.description,
    SecurityGroupRuleArn: `arn:aws:ec2:${group.region}:${group.account}:security-group-rule/${rule.id}`,
  };
}

export function revokedRuleShape(group: SecurityGroupRow, rule: Rule): RevokedSecurityGroupRule {
  return {
    SecurityGroupRuleId: rule.id,
    GroupId: group.id,
    IsEgress: false,
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    CidrIpv4: rule.cidr,
    Description: rule.description,
  };
}
