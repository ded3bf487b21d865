import type {
  DescribeNetworkAclsRequest,
  DescribeNetworkAclsResult,
  NetworkAcl,
  NetworkAclEntry,
} from '../../../../api/generated/ec2-types.ts';
import type { Operation } from '../../operation.ts';
import { describeParts, type PartNoun, partId, type VpcPart } from './vpc-parts.ts';

/** EC2's default: all passes; what its last rule would deny never gets there. */
const entries: NetworkAclEntry[] = [false, true].flatMap((Egress) =>
  [
    { RuleNumber: 100, RuleAction: 'allow' as const },
    { RuleNumber: 32_767, RuleAction: 'deny' as const },
  ].map((rule) => ({ ...rule, Egress, Protocol: '-1', CidrBlock: '0.0.0.0/0' })),
);

const networkAcls: PartNoun = {
  action: 'DescribeNetworkAcls',
  prefix: 'acl',
  noun: 'networkAcl',
  malformed: 'InvalidNetworkAclId.Malformed',
  notFound: 'InvalidNetworkAclID.NotFound',
  filters: {
    absent: [
      'entry.icmp.code',
      'entry.icmp.type',
      'entry.ipv6-cidr',
      'entry.port-range.from',
      'entry.port-range.to',
    ],
    values: {
      'association.association-id': ({ subnets }) =>
        subnets.map((each) => partId('aclassoc', each)),
      'association.network-acl-id': ({ id }) => id,
      'association.subnet-id': ({ subnets }) => subnets.map((subnet) => subnet.id),
      default: () => 'true',
      'entry.cidr': () => '0.0.0.0/0',
      'entry.egress': () => ['false', 'true'],
      'entry.protocol': () => '-1',
      'entry.rule-action': () => ['allow', 'deny'],
      'entry.rule-number': () => ['100', '32767'],
      'network-acl-id': ({ id }) => id,
      'owner-id': ({ vpc }) => vpc.account,
      'vpc-id': ({ vpc }) => vpc.id,
    },
  },
};

export const describeNetworkAcls: Operation<DescribeNetworkAclsRequest, DescribeNetworkAclsResult> =
  {
    accepts: ['NetworkAclIds', 'Filters', 'MaxResults', 'NextToken'],
    async run(input, context) {
      const { NetworkAclIds: ids } = input;
      const { rows, nextToken } = await describeParts(input, ids, context, networkAcls);
      return { NetworkAcls: rows.map(networkAclShape), NextToken: nextToken };
    },
  };

function networkAclShape({ id, vpc, subnets }: VpcPart): NetworkAcl {
  return {
    NetworkAclId: id,
    VpcId: vpc.id,
    OwnerId: vpc.account,
    IsDefault: true,
    Entries: entries,
    Associations: subnets.map((subnet) => ({
      NetworkAclAssociationId: partId('aclassoc', subnet),
      NetworkAclId: id,
      SubnetId: subnet.id,
    })),
    Tags: [],
  };
}
