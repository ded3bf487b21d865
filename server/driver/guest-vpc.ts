/** The VPC of a guest and the rules of its security groups, as its cable is told of them. */
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { SecurityGroupRuleRow, VpcRow } from '../catalog/rows/network.ts';
import { privateDomain } from '../domain/instances.ts';
import type { GuestSpec } from '../host/host.ts';

type GuestVpc = GuestSpec['vpc'];
type TrafficRule = GuestVpc['ingress'][number];

const protocolNumbers: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17 };

export function guestVpc({
  instance,
  vpc,
  rules,
}: {
  instance: InstanceRow;
  vpc: VpcRow;
  rules: readonly SecurityGroupRuleRow[];
}): GuestVpc {
  const of = (direction: SecurityGroupRuleRow['direction']) =>
    rules.filter((rule) => rule.direction === direction).flatMap(trafficRule);
  return {
    id: vpc.id,
    cidr: vpc.cidr,
    domain: privateDomain(instance.region),
    groupIds: instance.securityGroupIds,
    ingress: of('ingress'),
    egress: of('egress'),
  };
}

/** Of a guest that is isolated: nobody else is in what it takes for its VPC. */
export function guestAlone({ instance, vpc }: { instance: InstanceRow; vpc: VpcRow }): GuestVpc {
  const domain = privateDomain(instance.region);
  return { id: instance.id, cidr: vpc.cidr, domain, groupIds: [], ingress: [], egress: [] };
}

/** Nothing of IPv6: no cable carries it. */
function trafficRule({ protocol, fromPort, toPort, peer }: SecurityGroupRuleRow): TrafficRule[] {
  if (peer.kind === 'ipv6' || protocol === 'icmpv6') return [];
  const from = peer.kind === 'ipv4' ? { cidr: peer.value } : { groupId: peer.value };
  if (protocol === '-1') return [{ peer: from }];
  const number = protocolNumbers[protocol] ?? Number(protocol);
  return fromPort === -1 && toPort === -1
    ? [{ protocol: number, peer: from }]
    : [{ protocol: number, from: fromPort, to: toPort, peer: from }];
}
