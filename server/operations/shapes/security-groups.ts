/** Security groups and their rules as EC2 shows them. */
import type {
  IpPermission,
  RevokedSecurityGroupRule,
  SecurityGroup,
  SecurityGroupRule,
} from '../../../api/generated/ec2-types.ts';
import type { SecurityGroupRow, SecurityGroupRuleRow } from '../../catalog/rows/network.ts';
import type { NewRule } from '../../domain/security-group-rules.ts';
import { tagList } from './tags.ts';

export function securityGroupShape(
  row: SecurityGroupRow,
  rules: readonly SecurityGroupRuleRow[],
): SecurityGroup {
  const of = (direction: SecurityGroupRuleRow['direction']) =>
    permissionsOf(
      row.account,
      rules.filter((rule) => rule.direction === direction),
    );
  return {
    GroupId: row.id,
    GroupName: row.name,
    Description: row.description,
    OwnerId: row.account,
    VpcId: row.vpcId,
    SecurityGroupArn: securityGroupArn(row),
    IpPermissions: of('ingress'),
    IpPermissionsEgress: of('egress'),
    Tags: tagList(row.tags),
  };
}

export function securityGroupArn({ region, account, id }: SecurityGroupRow): string {
  return `arn:aws:ec2:${region}:${account}:security-group/${id}`;
}

/**
 * EC2 puts the peers of one protocol and port range together, and shows no ports where all are
 * meant.
 */
export function permissionsOf(account: string, rules: readonly NewRule[]): IpPermission[] {
  const groups = Map.groupBy(rules, (rule) => `${rule.protocol} ${rule.fromPort} ${rule.toPort}`);
  return [...groups.values()].map((same) => {
    const [{ protocol, fromPort, toPort } = defaultTraffic] = same;
    const hasRange = /^(tcp|udp|icmp|icmpv6)$/.test(protocol);
    const of = (kind: NewRule['peer']['kind']) => same.filter(({ peer }) => peer.kind === kind);
    return {
      IpProtocol: protocol,
      ...(hasRange && { FromPort: fromPort, ToPort: toPort }),
      IpRanges: of('ipv4').map(({ peer, description: Description }) => ({
        CidrIp: peer.value,
        Description,
      })),
      Ipv6Ranges: of('ipv6').map(({ peer, description: Description }) => ({
        CidrIpv6: peer.value,
        Description,
      })),
      PrefixListIds: [],
      UserIdGroupPairs: of('group').map(({ peer, description: Description }) => ({
        GroupId: peer.value,
        UserId: account,
        Description,
      })),
    };
  });
}

const defaultTraffic = { protocol: '-1', fromPort: -1, toPort: -1 };

export function ruleShape(rule: SecurityGroupRuleRow): SecurityGroupRule {
  const { account, region, peer } = rule;
  return {
    ...commonShape(rule),
    GroupOwnerId: account,
    ReferencedGroupInfo:
      peer.kind === 'group' ? { GroupId: peer.value, UserId: account } : undefined,
    SecurityGroupRuleArn: `arn:aws:ec2:${region}:${account}:security-group-rule/${rule.id}`,
    Tags: tagList(rule.tags),
  };
}

export function revokedRuleShape(rule: SecurityGroupRuleRow): RevokedSecurityGroupRule {
  const { peer } = rule;
  return {
    ...commonShape(rule),
    ReferencedGroupId: peer.kind === 'group' ? peer.value : undefined,
  };
}

function commonShape({ id, peer, ...rule }: SecurityGroupRuleRow) {
  return {
    SecurityGroupRuleId: id,
    GroupId: rule.groupId,
    IsEgress: rule.direction === 'egress',
    IpProtocol: rule.protocol,
    FromPort: rule.fromPort,
    ToPort: rule.toPort,
    CidrIpv4: peer.kind === 'ipv4' ? peer.value : undefined,
    CidrIpv6: peer.kind === 'ipv6' ? peer.value : undefined,
    Description: rule.description,
  };
}
