import type {
  DescribeParametersRequest,
  DescribeParametersResult,
} from '../../../api/generated/ssm-types.ts';
import { readShownPage } from '../../domain/pages.ts';
import { describeFilter } from '../../domain/parameter-filters.ts';
import { parameterPage } from '../../domain/parameters.ts';
import type { Operation } from '../operation.ts';
import { foundParameter, parameterMetadata } from '../shapes/parameters.ts';

const action = 'DescribeParameters';
/** The service's. */
const pageMax = 50;

/** One's own: the public ones are listed by their path. */
export const describeParameters: Operation<DescribeParametersRequest, DescribeParametersResult> = {
  accepts: ['ParameterFilters', 'MaxResults', 'NextToken'],
  fixed: { Shared: false },
  async run(input, { catalog, caller }) {
    const page = parameterPage(input, { ...caller, action }, pageMax);
    const matches = describeFilter(input.ParameterFilters);
    const { account, region } = caller;
    return catalog.read(async ({ parameters }) => {
      const { shown, nextToken } = await readShownPage(
        parameters,
        { account, region },
        page,
        (row) => (matches(row) ? parameterMetadata(foundParameter(row), account) : undefined),
      );
      return { Parameters: shown, NextToken: nextToken };
    });
  },
};
