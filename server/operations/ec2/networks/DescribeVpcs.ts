import type {
  DescribeVpcsRequest,
  DescribeVpcsResult,
  Vpc,
} from '../../../../api/generated/ec2-types.ts';
import type { VpcRow } from '../../../catalog/rows/network.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { requiredVpcs } from '../../../domain/networks.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { tagList } from '../../shapes/tags.ts';
import { partId } from './vpc-parts.ts';

const filters: FilterTable<VpcRow> = {
  absent: [
    'ipv6-cidr-block-association.association-id',
    'ipv6-cidr-block-association.ipv6-cidr-block',
    'ipv6-cidr-block-association.ipv6-pool',
    'ipv6-cidr-block-association.state',
  ],
  values: {
    cidr: (vpc) => vpc.cidr,
    'cidr-block-association.cidr-block': (vpc) => vpc.cidr,
    'cidr-block-association.association-id': associationId,
    'cidr-block-association.state': () => 'associated',
    'dhcp-options-id': (vpc) => partId('dopt', vpc),
    'is-default': (vpc) => String(vpc.isDefault),
    // The older spelling, which clients still send.
    isDefault: (vpc) => String(vpc.isDefault),
    'owner-id': (vpc) => vpc.account,
    state: () => 'available',
    'vpc-id': (vpc) => vpc.id,
  },
  tags: (vpc) => vpc.tags,
};

export const describeVpcs: Operation<DescribeVpcsRequest, DescribeVpcsResult> = {
  accepts: ['VpcIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const { VpcIds: ids = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeVpcs' }, usualPageBounds, ids);
    const { matches } = rowFilter(input.Filters, filters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length === 0) return readPage(reader.vpcs, { account, region }, page, matches);
      return cutPage((await requiredVpcs(reader, caller, ids)).filter(matches), page);
    });
    return { Vpcs: rows.map(vpcShape), NextToken: nextToken };
  },
};

function vpcShape(vpc: VpcRow): Vpc {
  return {
    VpcId: vpc.id,
    OwnerId: vpc.account,
    CidrBlock: vpc.cidr,
    CidrBlockAssociationSet: [
      {
        AssociationId: associationId(vpc),
        CidrBlock: vpc.cidr,
        CidrBlockState: { State: 'associated' },
      },
    ],
    Ipv6CidrBlockAssociationSet: [],
    DhcpOptionsId: partId('dopt', vpc),
    InstanceTenancy: 'default',
    IsDefault: vpc.isDefault,
    State: 'available',
    Tags: tagList(vpc.tags),
  };
}

/** A VPC has one block: its association is named after the VPC. */
function associationId(vpc: VpcRow): string {
  return vpc.id.replace(/^vpc-/, 'vpc-cidr-assoc-');
}
