/** VPCs, subnets and security groups. */
import type { OwnedRow, Tags } from './row.ts';

export interface VpcRow extends OwnedRow {
  cidr: string;
  isDefault: boolean;
  tags: Tags;
}

export interface SubnetRow extends OwnedRow {
  vpcId: string;
  cidr: string;
  availabilityZone: string;
  isDefault: boolean;
  tags: Tags;
}

export interface SecurityGroupRow extends OwnedRow {
  name: string;
  description: string;
  vpcId: string;
  tags: Tags;
}

/** One rule, `sgr-…`. Whoever writes one writes its group as well: that is what guests hear of. */
export interface SecurityGroupRuleRow extends OwnedRow {
  groupId: string;
  direction: 'ingress' | 'egress';
  /** `tcp`, `udp`, `icmp`, `icmpv6`, the number of another one, or `-1` for all. */
  protocol: string;
  /** Of ICMP type and code. -1: any of them; of tcp and udp all ports are 0 to 65535. */
  fromPort: number;
  toPort: number;
  peer: RulePeer;
  description?: string;
  tags: Tags;
}

/** Where the traffic of a rule comes from or goes to: a CIDR block, or the instances of a group. */
export interface RulePeer {
  kind: 'ipv4' | 'ipv6' | 'group';
  value: string;
}
