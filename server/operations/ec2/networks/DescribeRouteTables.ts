import type {
  DescribeRouteTablesRequest,
  DescribeRouteTablesResult,
  Route,
  RouteTable,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { describeParts, type PartNoun, partId, type VpcPart } from './vpc-parts.ts';

const routeTables: PartNoun = {
  action: 'DescribeRouteTables',
  prefix: 'rtb',
  noun: 'routeTable',
  malformed: 'InvalidRouteTableId.Malformed',
  notFound: 'InvalidRouteTableID.NotFound',
  filters: {
    absent: [
      'association.gateway-id',
      // Subnets use the main table, without an association of their own.
      'association.subnet-id',
      'route.destination-ipv6-cidr-block',
      'route.destination-prefix-list-id',
      'route.egress-only-internet-gateway-id',
      'route.instance-id',
      'route.nat-gateway-id',
      'route.transit-gateway-id',
      'route.vpc-peering-connection-id',
    ],
    values: {
      'association.main': () => 'true',
      'association.route-table-association-id': ({ vpc }) => partId('rtbassoc', vpc),
      'association.route-table-id': ({ id }) => id,
      'owner-id': ({ vpc }) => vpc.account,
      'route-table-id': ({ id }) => id,
      'route.destination-cidr-block': (part) =>
        routes(part).map(({ DestinationCidrBlock }) => DestinationCidrBlock),
      'route.gateway-id': (part) => routes(part).map(({ GatewayId }) => GatewayId),
      'route.origin': (part) => routes(part).map(({ Origin }) => Origin),
      'route.state': () => 'active',
      'vpc-id': ({ vpc }) => vpc.id,
    },
  },
};

export const describeRouteTables: Operation<DescribeRouteTablesRequest, DescribeRouteTablesResult> =
  {
    accepts: ['RouteTableIds', 'Filters', 'MaxResults', 'NextToken'],
    async run(input, context) {
      const { rows, nextToken } = await describeParts(
        input,
        input.RouteTableIds,
        context,
        routeTables,
      );
      return { RouteTables: rows.map(routeTableShape), NextToken: nextToken };
    },
  };

/** To each other, and through the gateway to everything else. */
function routes({ vpc }: VpcPart): Route[] {
  return [
    {
      DestinationCidrBlock: vpc.cidr,
      GatewayId: 'local',
      Origin: 'CreateRouteTable',
      State: 'active',
    },
    {
      DestinationCidrBlock: '0.0.0.0/0',
      GatewayId: partId('igw', vpc),
      Origin: 'CreateRoute',
      State: 'active',
    },
  ];
}

function routeTableShape(part: VpcPart): RouteTable {
  const { id, vpc } = part;
  return {
    RouteTableId: id,
    VpcId: vpc.id,
    OwnerId: vpc.account,
    Associations: [
      {
        RouteTableAssociationId: partId('rtbassoc', vpc),
        RouteTableId: id,
        Main: true,
        AssociationState: { State: 'associated' },
      },
    ],
    PropagatingVgws: [],
    Routes: routes(part),
    Tags: [],
  };
}
