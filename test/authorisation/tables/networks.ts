import { defaultSubnet, defaultVpc } from '../../../server/domain/networks.ts';
import { partId } from '../../../server/operations/ec2/networks/vpc-parts.ts';
import { insertImage } from '../../../server/operations/test-images.ts';
import { insertRunningInstance } from '../../../server/operations/test-instances.ts';
import { type AuthorisationTable, byOne, type Noun, ownOnly } from '../table.ts';

/** What follows from the account's VPC. */
function partNoun(prefix: string, unseen: string): Noun {
  return {
    make: async ({ catalog, caller }) =>
      partId(prefix, await catalog.read((reader) => defaultVpc(reader, caller))),
    missing: `${prefix}-0fedcba9876543210`,
    unseen,
  };
}

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
    networkInterface: {
      make: async (context) =>
        (await insertRunningInstance(context, await insertImage(context))).networkInterfaceId,
      missing: 'eni-0fedcba9876543210',
      unseen: 'InvalidNetworkInterfaceID.NotFound',
    },
    routeTable: partNoun('rtb', 'InvalidRouteTableID.NotFound'),
    internetGateway: partNoun('igw', 'InvalidInternetGatewayID.NotFound'),
    networkAcl: partNoun('acl', 'InvalidNetworkAclID.NotFound'),
    dhcpOptions: partNoun('dopt', 'InvalidDhcpOptionID.NotFound'),
  },
  actions: {
    'ec2.DescribeAccountAttributes': { plain: ['AttributeNames'] },
    'ec2.DescribeAddresses': { plain: ['PublicIps', 'AllocationIds'] },
    'ec2.DescribeAvailabilityZones': ownOnly,
    'ec2.DescribeDhcpOptions': byOne('DhcpOptionsIds', 'dhcpOptions'),
    'ec2.DescribeInternetGateways': byOne('InternetGatewayIds', 'internetGateway'),
    'ec2.DescribeNetworkAcls': byOne('NetworkAclIds', 'networkAcl'),
    'ec2.DescribeNetworkInterfaceAttribute': byOne('NetworkInterfaceId', 'networkInterface', {
      with: { Attribute: 'description' },
    }),
    'ec2.DescribeNetworkInterfaces': byOne('NetworkInterfaceIds', 'networkInterface'),
    'ec2.DescribeRegions': ownOnly,
    'ec2.ModifyNetworkInterfaceAttribute': {
      needs: { NetworkInterfaceId: 'networkInterface' },
      plain: ['Attachment.AttachmentId'],
      names: [
        {
          path: 'NetworkInterfaceId',
          noun: 'networkInterface',
          with: { Description: { Value: 'x' } },
        },
        { path: 'Groups', noun: 'securityGroup' },
      ],
    },
    'ec2.DescribeRouteTables': byOne('RouteTableIds', 'routeTable'),
    'ec2.DescribeSubnets': byOne('SubnetIds', 'subnet'),
    'ec2.DescribeVpcAttribute': byOne('VpcId', 'vpc', { with: { Attribute: 'enableDnsSupport' } }),
    'ec2.DescribeVpcs': byOne('VpcIds', 'vpc'),
    'sts.GetCallerIdentity': ownOnly,
    'sts.GetSessionToken': ownOnly,
  },
};
