import type {
  DescribeFleetsRequest,
  DescribeFleetsResult,
} from '../../../../api/generated/ec2-types.ts';
import type { FleetRow } from '../../../catalog/rows/fleet.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { requiredFleets } from '../../../domain/fleets.ts';
import { cutPage, pageOf } from '../../../domain/pages.ts';
import type { Operation } from '../../operation.ts';
import { fleetShape } from '../../shapes/fleets.ts';

const filters: FilterTable<FleetRow> = {
  values: {
    'activity-status': () => 'fulfilled',
    'fleet-state': () => 'active',
    'replace-unhealthy-instances': () => 'false',
    type: () => 'instant',
  },
  absent: ['excess-capacity-termination-policy'],
};

export const describeFleets: Operation<DescribeFleetsRequest, DescribeFleetsResult> = {
  accepts: ['FleetIds', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { catalog, caller }) {
    const filter = rowFilter(input.Filters, filters);
    const page = pageOf(input, { ...caller, action: 'DescribeFleets' }, { min: 1, max: 1000 });
    // Fleets of type instant are shown to who asks for them by their ids, and there are no others.
    const found = await catalog.read((reader) =>
      requiredFleets(reader, caller, input.FleetIds ?? []),
    );
    const shown = found.filter(filter.matches).sort((one, other) => (one.id < other.id ? -1 : 1));
    const { rows, nextToken } = cutPage(shown, page);
    return { Fleets: rows.map(fleetShape), NextToken: nextToken };
  },
};
