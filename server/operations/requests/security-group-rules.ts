/**
 * Rules of a security group as EC2 sends them: a list of permissions, or one rule spread over the
 * request's own members. Groups that they name as peers are looked up.
 */
import type { IpPermission, UserIdGroupPair } from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { RulePeer, SecurityGroupRow } from '../../catalog/rows/network.ts';
import type { NewRule } from '../../domain/security-group-rules.ts';
import { checkRuleDescription, requiredSecurityGroup } from '../../domain/security-groups.ts';
import { formatCidr, parseCidr } from '../../foundations/ipv4.ts';
import { canonicalIpv6Cidr } from '../../foundations/ipv6.ts';
import { trafficOf } from './rule-traffic.ts';

/** What is honoured of them. */
export const acceptedPermissions = [
  'IpPermissions.IpProtocol',
  'IpPermissions.FromPort',
  'IpPermissions.ToPort',
  'IpPermissions.IpRanges',
  'IpPermissions.Ipv6Ranges',
  'IpPermissions.PrefixListIds.PrefixListId',
  'IpPermissions.UserIdGroupPairs.GroupId',
  'IpPermissions.UserIdGroupPairs.GroupName',
  'IpPermissions.UserIdGroupPairs.UserId',
  'IpPermissions.UserIdGroupPairs.VpcId',
  'IpPermissions.UserIdGroupPairs.Description',
] as const;

/** The older form, of ingress rules only. */
export const acceptedFlatRule = [
  'IpProtocol',
  'FromPort',
  'ToPort',
  'CidrIp',
  'SourceSecurityGroupName',
  'SourceSecurityGroupOwnerId',
] as const;

interface RulesRequest {
  IpPermissions?: IpPermission[];
  IpProtocol?: string;
  FromPort?: number;
  ToPort?: number;
  CidrIp?: string;
  SourceSecurityGroupName?: string;
  SourceSecurityGroupOwnerId?: string;
}

/** The rules that a request names for this group, at least one. */
export async function rulesOf(
  reader: CatalogReader,
  group: SecurityGroupRow,
  request: RulesRequest,
): Promise<NewRule[]> {
  const flat = flatPermissions(request);
  if (flat && request.IpPermissions) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'The parameter ipPermissions cannot be used together with the properties of a single rule.',
    );
  }
  const rules: NewRule[] = [];
  for (const permission of flat ?? request.IpPermissions ?? []) {
    rules.push(...(await rulesOfPermission(reader, group, permission)));
  }
  if (rules.length > 0) return rules;
  throw new ServiceError('MissingParameter', 'The request must contain at least one rule.');
}

/** A group as the source means all that instances send each other: EC2 makes three rules of it. */
function flatPermissions(request: RulesRequest): IpPermission[] | undefined {
  const { CidrIp, IpProtocol, FromPort, ToPort } = request;
  const { SourceSecurityGroupName: GroupName, SourceSecurityGroupOwnerId: UserId } = request;
  const hasProperties = [CidrIp, IpProtocol, FromPort, ToPort].some((each) => each !== undefined);
  if (GroupName === undefined) {
    if (UserId !== undefined) {
      const message = 'SourceSecurityGroupOwnerId needs SourceSecurityGroupName.';
      throw new ServiceError('MissingParameter', message);
    }
    if (!hasProperties) return undefined;
    return [{ IpProtocol, FromPort, ToPort, IpRanges: [{ CidrIp }] }];
  }
  if (hasProperties) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'A source security group cannot be combined with a CIDR block, a protocol or ports.',
    );
  }
  const source = { UserIdGroupPairs: [{ GroupName, UserId }] };
  return [
    { IpProtocol: 'tcp', FromPort: 0, ToPort: 65_535, ...source },
    { IpProtocol: 'udp', FromPort: 0, ToPort: 65_535, ...source },
    { IpProtocol: 'icmp', FromPort: -1, ToPort: -1, ...source },
  ];
}

async function rulesOfPermission(
  reader: CatalogReader,
  group: SecurityGroupRow,
  permission: IpPermission,
): Promise<NewRule[]> {
  const traffic = trafficOf(permission);
  const { IpRanges = [], Ipv6Ranges = [], PrefixListIds = [], UserIdGroupPairs = [] } = permission;
  for (const { PrefixListId } of PrefixListIds) throw noPrefixList(PrefixListId);
  const peers: [RulePeer, string | undefined][] = [];
  for (const { CidrIp, Description } of IpRanges) peers.push([ipv4Peer(CidrIp), Description]);
  for (const { CidrIpv6, Description } of Ipv6Ranges) peers.push([ipv6Peer(CidrIpv6), Description]);
  for (const pair of UserIdGroupPairs) {
    peers.push([await groupPeer(reader, group, pair), pair.Description]);
  }
  if (peers.length === 0) {
    throw new ServiceError(
      'InvalidPermission.Malformed',
      'A rule needs a peer: IpRanges, Ipv6Ranges or UserIdGroupPairs.',
    );
  }
  return peers.map(([peer, description]) => ({ ...traffic, peer, ...described(description) }));
}

/** An empty description is none. */
export function described(description: string | undefined): { description?: string } {
  if (!description) return {};
  checkRuleDescription(description);
  return { description };
}

export function ipv4Peer(text = ''): RulePeer {
  const cidr = parseCidr(text);
  if (cidr) return { kind: 'ipv4', value: formatCidr(cidr) };
  throw new ServiceError('InvalidParameterValue', `CIDR block ${text} is malformed`);
}

export function ipv6Peer(text = ''): RulePeer {
  const value = canonicalIpv6Cidr(text);
  if (value) return { kind: 'ipv6', value };
  throw new ServiceError('InvalidParameterValue', `CIDR block ${text} is malformed`);
}

/** A group of the same VPC: there is no peering, so others do not exist here. */
export async function groupPeer(
  reader: CatalogReader,
  group: SecurityGroupRow,
  { GroupId, GroupName, UserId = group.account, VpcId = group.vpcId }: UserIdGroupPair,
): Promise<RulePeer> {
  if (UserId !== group.account || VpcId !== group.vpcId) {
    throw new ServiceError(
      'InvalidGroup.NotFound',
      `The security group '${GroupId ?? GroupName}' does not exist`,
    );
  }
  // Clients send back what they were shown: both, of the same group.
  const named = GroupId ? { GroupId } : { GroupName };
  const { id, name } = await requiredSecurityGroup(reader, group, named);
  if (GroupName && GroupName !== name) {
    throw new ServiceError(
      'InvalidParameterCombination',
      `The security group ${id} has another name than '${GroupName}'.`,
    );
  }
  return { kind: 'group', value: id };
}

/** There are none. */
export function noPrefixList(id = ''): ServiceError {
  if (!/^pl-([0-9a-f]{8}|[0-9a-f]{17})$/.test(id)) {
    return new ServiceError(
      'InvalidPrefixListId.Malformed',
      `Invalid id: "${id}" (expecting "pl-...")`,
    );
  }
  return new ServiceError(
    'InvalidPrefixListID.NotFound',
    `The prefix list ID '${id}' does not exist`,
  );
}
