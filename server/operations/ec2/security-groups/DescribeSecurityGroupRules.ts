import type {
  DescribeSecurityGroupRulesRequest,
  DescribeSecurityGroupRulesResult,
} from '../../../../api/generated/ec2-types.ts';
import type { SecurityGroupRuleRow } from '../../../catalog/rows/network.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { requiredRules } from '../../../domain/security-group-rules.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { ruleShape } from '../../shapes/security-groups.ts';

const filters: FilterTable<SecurityGroupRuleRow> = {
  values: {
    'group-id': (rule) => rule.groupId,
    'security-group-rule-id': (rule) => rule.id,
  },
  tags: (rule) => rule.tags,
};

export const describeSecurityGroupRules: Operation<
  DescribeSecurityGroupRulesRequest,
  DescribeSecurityGroupRulesResult
> = {
  accepts: ['SecurityGroupRuleIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'SecurityGroupRules', ids: 'SecurityGroupRuleIds' },
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const { SecurityGroupRuleIds: ids = [] } = input;
    const scope = { ...caller, action: 'DescribeSecurityGroupRules' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    const filter = rowFilter(input.Filters, filters);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (ids.length > 0) {
        const rules = await requiredRules(reader, caller, ids);
        return cutPage(rules.filter(filter.matches), page);
      }
      const id = filter.exact('security-group-rule-id');
      const groupId = filter.exact('group-id');
      const where = { account, region, id, groupId, ...tagCondition(caller, filter) };
      return readPage(reader.securityGroupRules, where, page, filter.matches);
    });
    return { SecurityGroupRules: rows.map(ruleShape), NextToken: nextToken };
  },
};
