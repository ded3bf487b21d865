import type {
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
} from '../../../../api/generated/ec2-types.ts';
import type { SecurityGroupRow } from '../../../catalog/rows/network.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { requiredSecurityGroups } from '../../../domain/security-groups.ts';
import type { Operation } from '../../operation.ts';
import { securityGroupShape } from '../../shapes/security-groups.ts';

const filters: FilterTable<SecurityGroupRow> = {
  values: {
    description: (group) => group.description,
    'egress.ip-permission.cidr': () => '0.0.0.0/0',
    'egress.ip-permission.protocol': () => '-1',
    'group-id': (group) => group.id,
    'group-name': (group) => group.name,
    'ip-permission.cidr': (group) => group.ingress.map((rule) => rule.cidr),
    'ip-permission.from-port': (group) => group.ingress.map((rule) => String(rule.fromPort)),
    'ip-permission.protocol': (group) => group.ingress.map((rule) => rule.protocol),
    'ip-permission.to-port': (group) => group.ingress.map((rule) => String(rule.toPort)),
    'owner-id': (group) => group.account,
    'vpc-id': (group) => group.vpcId,
  },
  tags: (group) => group.tags,
};

export const describeSecurityGroups: Operation<
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult
> = {
  accepts: ['GroupIds', 'GroupNames', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const { GroupIds: ids = [], GroupNames: names = [] } = input;
    const scope = { ...caller, action: 'DescribeSecurityGroups' };
    const page = pageOf(input, scope, usualPageBounds, [...ids, ...names]);
    const filter = rowFilter(input.Filters, filters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length + names.length > 0) {
        const groups = await requiredSecurityGroups(reader, caller, { ids, names });
        return cutPage(groups.filter(filter.matches), page);
      }
      const where = { account, region, name: filter.exact('group-name') };
      return readPage(reader.securityGroups, where, page, filter.matches);
    });
    return { SecurityGroups: rows.map(securityGroupShape), NextToken: nextToken };
  },
};
