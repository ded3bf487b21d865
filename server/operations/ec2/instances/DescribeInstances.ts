import type {
  DescribeInstancesRequest,
  DescribeInstancesResult,
} from '../../../../api/generated/ec2-types.ts';
import { rowFilter } from '../../../domain/filters.ts';
import type { Operation } from '../../operation.ts';
import { readInstanceParts, reservationShapes } from '../../shapes/instances.ts';
import { instanceFilters } from './instance-filters.ts';
import { readOwnInstances } from './instance-pages.ts';

export const describeInstances: Operation<DescribeInstancesRequest, DescribeInstancesResult> = {
  accepts: ['InstanceIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller, site }) {
    return catalog.read(async (reader) => {
      const { account, region } = caller;
      const groups = await reader.securityGroups.list({ where: { account, region } });
      const names = new Map(groups.map((group) => [group.id, group.name]));
      const filter = rowFilter(input.Filters, instanceFilters(names));
      const scope = { ...caller, action: 'DescribeInstances' };
      const { rows, nextToken } = await readOwnInstances(reader, input, scope, filter);
      const parts = await readInstanceParts(reader, rows, site);
      return { Reservations: reservationShapes(rows, parts), NextToken: nextToken };
    });
  },
};
