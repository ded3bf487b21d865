import type {
  DescribeSubnetsRequest,
  DescribeSubnetsResult,
  Subnet,
} from '../../../../api/generated/ec2-types.ts';
import type { SubnetRow } from '../../../catalog/rows/network.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { requiredSubnets, usableAddresses, usedAddresses } from '../../../domain/networks.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';

interface CountedSubnet {
  id: string;
  row: SubnetRow;
  freeAddresses: number;
}

const filters: FilterTable<CountedSubnet> = {
  absent: [
    'customer-owned-ipv4-pool',
    'enable-lni-at-device-index',
    'ipv6-cidr-block-association.association-id',
    'ipv6-cidr-block-association.ipv6-cidr-block',
    'ipv6-cidr-block-association.state',
    'outpost-arn',
  ],
  values: {
    'availability-zone': ({ row }) => row.availabilityZone,
    availabilityZone: ({ row }) => row.availabilityZone,
    'availability-zone-id': ({ row }) => zoneIdOf(row.availabilityZone),
    availabilityZoneId: ({ row }) => zoneIdOf(row.availabilityZone),
    'available-ip-address-count': ({ freeAddresses }) => String(freeAddresses),
    'cidr-block': ({ row }) => row.cidr,
    cidr: ({ row }) => row.cidr,
    cidrBlock: ({ row }) => row.cidr,
    'default-for-az': ({ row }) => String(row.isDefault),
    defaultForAz: ({ row }) => String(row.isDefault),
    'enable-dns64': () => 'false',
    'ipv6-native': () => 'false',
    'map-customer-owned-ip-on-launch': () => 'false',
    'map-public-ip-on-launch': () => 'true',
    'owner-id': ({ row }) => row.account,
    'private-dns-name-options-on-launch.enable-resource-name-dns-a-record': () => 'false',
    'private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record': () => 'false',
    'private-dns-name-options-on-launch.hostname-type': () => 'ip-name',
    state: () => 'available',
    'subnet-arn': ({ row }) => subnetArn(row),
    'subnet-id': ({ id }) => id,
    'vpc-id': ({ row }) => row.vpcId,
  },
  tags: ({ row }) => row.tags,
};

export const describeSubnets: Operation<DescribeSubnetsRequest, DescribeSubnetsResult> = {
  accepts: ['SubnetIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const { SubnetIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeSubnets' }, usualPageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const counted = await catalog.read(async (reader) => {
      const rows = ids.length
        ? await requiredSubnets(reader, caller, ids)
        : await reader.subnets.list({ where: { account, region } });
      return Promise.all(
        rows.map(async (row): Promise<CountedSubnet> => {
          const used = await usedAddresses(reader, row.id);
          return { id: row.id, row, freeAddresses: usableAddresses(row) - used };
        }),
      );
    });
    const { rows, nextToken } = cutPage(counted.filter(filter.matches), page);
    return { Subnets: rows.map(subnetShape), NextToken: nextToken };
  },
};

function subnetShape({ row, freeAddresses }: CountedSubnet): Subnet {
  return {
    SubnetId: row.id,
    SubnetArn: subnetArn(row),
    VpcId: row.vpcId,
    OwnerId: row.account,
    CidrBlock: row.cidr,
    AvailabilityZone: row.availabilityZone,
    AvailabilityZoneId: zoneIdOf(row.availabilityZone),
    AvailableIpAddressCount: freeAddresses,
    DefaultForAz: row.isDefault,
    MapPublicIpOnLaunch: true,
    MapCustomerOwnedIpOnLaunch: false,
    AssignIpv6AddressOnCreation: false,
    Ipv6CidrBlockAssociationSet: [],
    Ipv6Native: false,
    EnableDns64: false,
    PrivateDnsNameOptionsOnLaunch: {
      HostnameType: 'ip-name',
      EnableResourceNameDnsARecord: false,
      EnableResourceNameDnsAAAARecord: false,
    },
    State: 'available',
    Tags: tagList(row.tags),
  };
}

function subnetArn({ region, account, id }: SubnetRow): string {
  return `arn:aws:ec2:${region}:${account}:subnet/${id}`;
}
