/** Rules of security groups as a person reads and writes them. */
import type { Input, Output } from '../../api/wire.ts';

export type Rule = NonNullable<
  Output<'ec2', 'DescribeSecurityGroupRules'>['SecurityGroupRules']
>[number];
export type Permission = NonNullable<
  Input<'ec2', 'AuthorizeSecurityGroupIngress'>['IpPermissions']
>[number];

/** `all`, `tcp 22`, `tcp 8000-8080`, `icmp` */
export function trafficOf({ IpProtocol = '', FromPort, ToPort }: Rule): string {
  if (IpProtocol === '-1') return 'all';
  if (FromPort === undefined || FromPort < 0) return IpProtocol;
  return `${IpProtocol} ${FromPort === ToPort ? FromPort : `${FromPort}-${ToPort}`}`;
}

export const peerOf = ({ CidrIpv4, CidrIpv6, ReferencedGroupInfo }: Rule) =>
  CidrIpv4 ?? CidrIpv6 ?? ReferencedGroupInfo?.GroupId ?? '';

export interface NewRule {
  protocol: string;
  /** `22` or `8000-8080`; nothing where the protocol has no ports. */
  ports: string;
  /** A block of addresses, or a security group. */
  peer: string;
  description: string;
}

/** The server says what is wrong with what does not read. */
export function permissionOf({ protocol, ports, peer, description }: NewRule): Permission {
  const [from, to = from] = ports.split('-').map(Number);
  const said = description ? { Description: description } : {};
  return {
    IpProtocol: protocol,
    ...(protocol === '-1'
      ? {}
      : ports
        ? { FromPort: from, ToPort: to }
        : { FromPort: -1, ToPort: -1 }),
    ...peerMember(peer.trim(), said),
  };
}

function peerMember(peer: string, said: { Description?: string }): Partial<Permission> {
  if (peer.startsWith('sg-')) return { UserIdGroupPairs: [{ GroupId: peer, ...said }] };
  if (peer.includes(':')) return { Ipv6Ranges: [{ CidrIpv6: peer, ...said }] };
  return { IpRanges: [{ CidrIp: peer.includes('/') ? peer : `${peer}/32`, ...said }] };
}
