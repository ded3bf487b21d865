import type {
  DescribeInstanceCreditSpecificationsRequest,
  DescribeInstanceCreditSpecificationsResult,
} from '../../../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { cpuCreditsOf } from '../../../domain/instance-types.ts';
import type { Operation } from '../../operation.ts';
import { readOwnInstances } from './instance-pages.ts';

const action = 'DescribeInstanceCreditSpecifications';

const filters: FilterTable<InstanceRow> = { values: { 'instance-id': (row) => row.id } };

export const describeInstanceCreditSpecifications: Operation<
  DescribeInstanceCreditSpecificationsRequest,
  DescribeInstanceCreditSpecificationsResult
> = {
  accepts: ['InstanceIds', 'Filters', 'MaxResults', 'NextToken'],
  inPages: { list: 'InstanceCreditSpecifications', ids: 'InstanceIds' },
  async run(input, { catalog, caller }) {
    const filter = rowFilter(input.Filters, filters);
    // Of all, EC2 tells those with unlimited credits; of those asked for, each, `standard` where
    // the type knows no credits.
    const named = (input.InstanceIds?.length ?? 0) > 0 || filter.names.length > 0;
    const { rows, nextToken } = await catalog.read((reader) =>
      readOwnInstances(
        reader,
        input,
        { ...caller, action },
        {
          ...filter,
          matches: (row) => (named || cpuCreditsOf(row) === 'unlimited') && filter.matches(row),
        },
      ),
    );
    return {
      InstanceCreditSpecifications: rows.map((row) => ({
        InstanceId: row.id,
        CpuCredits: cpuCreditsOf(row) ?? 'standard',
      })),
      NextToken: nextToken,
    };
  },
};
