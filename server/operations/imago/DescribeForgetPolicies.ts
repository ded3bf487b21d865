import type {
  DescribeForgetPoliciesRequest,
  DescribeForgetPoliciesResult,
} from '../../../api/imago-forget-policies.ts';
import { requiredForgetPolicy } from '../../domain/backups/forget-policies.ts';
import { pageOf, readPage, usualPageBounds } from '../../domain/pages.ts';
import type { Operation } from '../operation.ts';
import { forgetPolicyShape } from '../shapes/forget-policies.ts';

export const describeForgetPolicies: Operation<
  DescribeForgetPoliciesRequest,
  DescribeForgetPoliciesResult
> = {
  accepts: ['PolicyName', 'MaxResults', 'NextToken'],
  inPages: { list: 'Policies' },
  async run(input, { catalog, caller }) {
    const { PolicyName: name } = input;
    const { account, region } = caller;
    const scope = { ...caller, action: 'DescribeForgetPolicies' };
    const page = pageOf(input, scope, usualPageBounds);
    const { rows, nextToken } = await catalog.read(async (reader) => {
      if (name === undefined) return readPage(reader.forgetPolicies, { account, region }, page);
      return { rows: [await requiredForgetPolicy(reader, caller, name)], nextToken: undefined };
    });
    return { Policies: rows.map(forgetPolicyShape), NextToken: nextToken };
  },
};
