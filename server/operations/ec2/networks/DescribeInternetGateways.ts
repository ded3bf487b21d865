import type {
  DescribeInternetGatewaysRequest,
  DescribeInternetGatewaysResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { describeParts, type PartNoun } from './vpc-parts.ts';

const internetGateways: PartNoun = {
  action: 'DescribeInternetGateways',
  prefix: 'igw',
  noun: 'internetGateway',
  malformed: 'InvalidInternetGatewayId.Malformed',
  notFound: 'InvalidInternetGatewayID.NotFound',
  filters: {
    values: {
      'attachment.state': () => 'available',
      'attachment.vpc-id': ({ vpc }) => vpc.id,
      'internet-gateway-id': ({ id }) => id,
      'owner-id': ({ vpc }) => vpc.account,
    },
  },
};

export const describeInternetGateways: Operation<
  DescribeInternetGatewaysRequest,
  DescribeInternetGatewaysResult
> = {
  accepts: ['InternetGatewayIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, context) {
    const { InternetGatewayIds: ids } = input;
    const { rows, nextToken } = await describeParts(input, ids, context, internetGateways);
    return {
      InternetGateways: rows.map(({ id, vpc }) => ({
        InternetGatewayId: id,
        OwnerId: vpc.account,
        // EC2's word for an attached one, which its own list of states does not have.
        Attachments: [{ VpcId: vpc.id, State: 'available' as 'attached' }],
        Tags: [],
      })),
      NextToken: nextToken,
    };
  },
};
