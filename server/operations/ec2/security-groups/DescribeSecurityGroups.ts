import type {
  DescribeSecurityGroupsRequest,
  DescribeSecurityGroupsResult,
} from '../../../../api/generated/ec2-types.ts';
import type { CatalogReader } from '../../../catalog/catalog.ts';
import type { SecurityGroupRow, SecurityGroupRuleRow } from '../../../catalog/rows/network.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { type Direction, rulesOfGroups } from '../../../domain/security-group-rules.ts';
import { requiredSecurityGroups } from '../../../domain/security-groups.ts';
import type { Owner } from '../../../domain/viewer.ts';
import type { Operation } from '../../operation.ts';
import { securityGroupShape } from '../../shapes/security-groups.ts';

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
    return catalog.read(async (reader) => {
      const filter = rowFilter(input.Filters, await filtersOf(reader, caller, input));
      const read = async () => {
        if (ids.length + names.length > 0) {
          const groups = await requiredSecurityGroups(reader, caller, { ids, names });
          return cutPage(groups.filter(filter.matches), page);
        }
        const id = filter.exact('group-id');
        const where = { account, region, id };
        return readPage(reader.securityGroups, where, page, filter.matches);
      };
      const { rows, nextToken } = await read();
      const rules = byGroup(
        await rulesOfGroups(
          reader,
          rows.map((row) => row.id),
        ),
      );
      return {
        SecurityGroups: rows.map((row) => securityGroupShape(row, rules.get(row.id) ?? [])),
        NextToken: nextToken,
      };
    });
  },
};

const ofRules = /^(egress\.)?ip-permission\./;

/** Filters on rules are the only ones that read any. */
async function filtersOf(
  reader: CatalogReader,
  { account, region }: Owner,
  { Filters = [] }: DescribeSecurityGroupsRequest,
): Promise<FilterTable<SecurityGroupRow>> {
  const asked = Filters.some(({ Name = '' }) => ofRules.test(Name));
  const where = { account, region };
  const rules = byGroup(asked ? await reader.securityGroupRules.list({ where }) : []);
  const groups = asked ? await reader.securityGroups.list({ where }) : [];
  const names = new Map(groups.map(({ id, name }) => [id, name]));
  return {
    values: {
      description: (group) => group.description,
      'group-id': (group) => group.id,
      'group-name': (group) => group.name,
      'owner-id': (group) => group.account,
      'vpc-id': (group) => group.vpcId,
      ...ruleFilters('ip-permission', 'ingress', rules, names),
      ...ruleFilters('egress.ip-permission', 'egress', rules, names),
    },
    tags: (group) => group.tags,
  };
}

function ruleFilters(
  prefix: string,
  direction: Direction,
  rules: ReadonlyMap<string, SecurityGroupRuleRow[]>,
  names: ReadonlyMap<string, string>,
): FilterTable<SecurityGroupRow>['values'] {
  const of =
    (value: (rule: SecurityGroupRuleRow) => string | undefined) =>
    ({ id }: SecurityGroupRow) =>
      (rules.get(id) ?? []).filter((rule) => rule.direction === direction).map(value);
  const peer =
    (kind: SecurityGroupRuleRow['peer']['kind']) =>
    ({ peer }: SecurityGroupRuleRow) =>
      peer.kind === kind ? peer.value : undefined;
  const group = peer('group');
  return {
    [`${prefix}.cidr`]: of(peer('ipv4')),
    [`${prefix}.ipv6-cidr`]: of(peer('ipv6')),
    // There are no prefix lists.
    [`${prefix}.prefix-list-id`]: () => undefined,
    [`${prefix}.group-id`]: of(group),
    [`${prefix}.group-name`]: of((rule) => names.get(group(rule) ?? '')),
    [`${prefix}.user-id`]: of((rule) => (group(rule) ? rule.account : undefined)),
    [`${prefix}.protocol`]: of((rule) => rule.protocol),
    [`${prefix}.from-port`]: of((rule) => String(rule.fromPort)),
    [`${prefix}.to-port`]: of((rule) => String(rule.toPort)),
  };
}

function byGroup(rules: readonly SecurityGroupRuleRow[]): Map<string, SecurityGroupRuleRow[]> {
  return Map.groupBy(rules, ({ groupId }) => groupId);
}
