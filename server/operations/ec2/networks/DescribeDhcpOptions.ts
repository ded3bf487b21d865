import type {
  DescribeDhcpOptionsRequest,
  DescribeDhcpOptionsResult,
} from '../../../../api/generated/ec2-types.ts';
import { privateDomain } from '../../../domain/instances.ts';
import type { Operation } from '../../operation.ts';
import { describeParts, type PartNoun, type VpcPart } from './vpc-parts.ts';

/** What guests are told by DHCP; EC2 has one such name for the server of each subnet. */
function optionsOf({ vpc }: VpcPart) {
  return [
    { key: 'domain-name', value: privateDomain(vpc.region) },
    { key: 'domain-name-servers', value: 'AmazonProvidedDNS' },
  ];
}

const dhcpOptions: PartNoun = {
  action: 'DescribeDhcpOptions',
  prefix: 'dopt',
  noun: 'dhcpOption',
  malformed: 'InvalidDhcpOptionsId.Malformed',
  notFound: 'InvalidDhcpOptionID.NotFound',
  filters: {
    values: {
      'dhcp-options-id': ({ id }) => id,
      key: (part) => optionsOf(part).map(({ key }) => key),
      'owner-id': ({ vpc }) => vpc.account,
      value: (part) => optionsOf(part).map(({ value }) => value),
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
        DhcpOptions: rows.map((part) => ({
          DhcpOptionsId: part.id,
          OwnerId: part.vpc.account,
          DhcpConfigurations: optionsOf(part).map(({ key, value }) => ({
            Key: key,
            Values: [{ Value: value }],
          })),
          Tags: [],
        })),
        NextToken: nextToken,
      };
    },
  };
