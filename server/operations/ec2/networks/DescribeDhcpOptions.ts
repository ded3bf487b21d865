import type {
  DescribeDhcpOptionsRequest,
  DescribeDhcpOptionsResult,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { describeParts, type PartNoun } from './vpc-parts.ts';

/** What guests are told by DHCP; EC2 has one such name for the server of each subnet. */
const options = [{ key: 'domain-name-servers', value: 'AmazonProvidedDNS' }];

const dhcpOptions: PartNoun = {
  action: 'DescribeDhcpOptions',
  prefix: 'dopt',
  noun: 'dhcpOption',
  malformed: 'InvalidDhcpOptionsId.Malformed',
  notFound: 'InvalidDhcpOptionID.NotFound',
  filters: {
    values: {
      'dhcp-options-id': ({ id }) => id,
      key: () => options.map(({ key }) => key),
      'owner-id': ({ vpc }) => vpc.account,
      value: () => options.map(({ value }) => value),
    },
  },
};

export const describeDhcpOptions: Operation<DescribeDhcpOptionsRequest, DescribeDhcpOptionsResult> =
  {
    accepts: ['DhcpOptionsIds', 'Filters', 'MaxResults', 'NextToken'],
    async run(input, context) {
      const { DhcpOptionsIds: ids } = input;
      const { rows, nextToken } = await describeParts(input, ids, context, dhcpOptions);
      return {
        DhcpOptions: rows.map(({ id, vpc }) => ({
          DhcpOptionsId: id,
          OwnerId: vpc.account,
          DhcpConfigurations: options.map(({ key, value }) => ({
            Key: key,
            Values: [{ Value: value }],
          })),
          Tags: [],
        })),
        NextToken: nextToken,
      };
    },
  };
