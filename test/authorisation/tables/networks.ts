import { defaultSubnet, defaultVpc } from '../../../server/domain/networks.ts';
import { type AuthorisationTable, byOne, ownOnly } from '../table.ts';

export const table: AuthorisationTable = {
  nouns: {
    vpc: {
      make: async ({ catalog, caller }) =>
        (await catalog.read((reader) => defaultVpc(reader, caller))).id,
      missing: 'vpc-0fedcba9876543210',
      unseen: 'InvalidVpcID.NotFound',
    },
    subnet: {
      make: async ({ catalog, caller }) =>
        (await catalog.read((reader) => defaultSubnet(reader, caller))).id,
      missing: 'subnet-0fedcba9876543210',
      unseen: 'InvalidSubnetID.NotFound',
    },
  },
  actions: {
    'ec2.DescribeAccountAttributes': { plain: ['AttributeNames'] },
    'ec2.DescribeAvailabilityZones': { plain: ['ZoneNames', 'ZoneIds'] },
    'ec2.DescribeRegions': { plain: ['RegionNames'] },
    'ec2.DescribeSubnets': byOne('SubnetIds', 'subnet'),
    'ec2.DescribeVpcs': byOne('VpcIds', 'vpc'),
    'sts.GetCallerIdentity': ownOnly,
  },
};
