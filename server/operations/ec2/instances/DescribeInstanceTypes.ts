import type {
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { instanceType, instanceTypes } from '../../../domain/instance-types.ts';
import { cutPage, pageOf } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { instanceTypeFilters, instanceTypeShape } from '../../shapes/instance-types.ts';

/** EC2 documents at most 100 here. */
const bounds = { min: 5, max: 100 };

export const describeInstanceTypes: Operation<
  DescribeInstanceTypesRequest,
  DescribeInstanceTypesResult
> = {
  accepts: ['InstanceTypes', 'Filters', 'MaxResults', 'NextToken'],
  // All are supported in all regions.
  fixed: { IncludeUnsupportedInRegion: [false, true] },
  async run(input, { caller }) {
    const { InstanceTypes: names = [] } = input;
    const page = pageOf(input, { ...caller, action: 'DescribeInstanceTypes' }, bounds, names);
    const unknown = names.filter((name) => !instanceType(name));
    if (unknown.length > 0) {
      throw new ServiceError(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    }
    const filter = rowFilter(input.Filters, instanceTypeFilters);
    const found = instanceTypes
      .filter(({ name }) => names.length === 0 || names.includes(name))
      .map((type) => ({ id: type.name, info: instanceTypeShape(type) }))
      .filter(({ info }) => filter.matches(info));
    const { rows, nextToken } = cutPage(found, page);
    return { InstanceTypes: rows.map(({ info }) => info), NextToken: nextToken };
  },
};
