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
  ingress: SecurityGroupRule[];
  tags: Tags;
}

export interface SecurityGroupRule {
  /** sgr-… */
  id: string;
  protocol: 'tcp' | 'udp';
  fromPort: number;
  toPort: number;
  cidr: string;
  description?: string;
}
