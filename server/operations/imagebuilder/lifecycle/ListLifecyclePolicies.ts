import type {
  ListLifecyclePoliciesRequest,
  ListLifecyclePoliciesResponse,
} from '../../../../api/generated/imagebuilder-types.ts';
import type { LifecyclePolicyRow } from '../../../catalog/rows/lifecycle-policy.ts';
import { readShownPage } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { builderFilter, builderPage, type FilterValues } from '../../requests/image-builder.ts';
import { policySummary } from '../../shapes/lifecycle-policies.ts';

const filters: FilterValues<LifecyclePolicyRow> = {
  Name: ({ name }) => name,
  Status: ({ status }) => status,
};

export const listLifecyclePolicies: Operation<
  ListLifecyclePoliciesRequest,
  ListLifecyclePoliciesResponse
> = {
  accepts: ['filters', 'maxResults', 'nextToken'],
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const page = builderPage(input, caller, 'ListLifecyclePolicies');
    const matches = builderFilter(input.filters, filters);
    const { shown, nextToken } = await catalog.read(({ lifecyclePolicies }) =>
      readShownPage(lifecyclePolicies, { account, region }, page, (row) =>
        matches(row) ? policySummary(row) : undefined,
      ),
    );
    return { lifecyclePolicySummaryList: shown, nextToken };
  },
};
