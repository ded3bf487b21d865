import type {
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult,
  InstanceTypeOffering,
} from '../../../../api/generated/ec2-types.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { instanceTypes } from '../../../domain/instance-types.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

const filters: FilterTable<InstanceTypeOffering> = {
  values: {
    'instance-type': (offering) => offering.InstanceType,
    location: (offering) => offering.Location,
  },
};

/** All types are offered everywhere; nothing is an Outpost. */
const locations: Record<string, (region: string) => string[]> = {
  region: (region) => [region],
  'availability-zone': (region) => [zoneOf(region)],
  'availability-zone-id': (region) => [zoneIdOf(region)],
  outpost: () => [],
};

export const describeInstanceTypeOfferings: Operation<
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult
> = {
  accepts: ['LocationType', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { caller }) {
    const action = 'DescribeInstanceTypeOfferings';
    const page = pageOf(input, { ...caller, action }, usualPageBounds);
    const filter = rowFilter(input.Filters, filters);
    const LocationType =
      oneOf('LocationType', input.LocationType, Object.keys(locations)) ?? 'region';
    const offerings = instanceTypes
      .flatMap(({ name }) =>
        (locations[LocationType]?.(caller.region) ?? []).map((Location) => ({
          id: `${name} ${Location}`,
          offering: { InstanceType: name, LocationType, Location },
        })),
      )
      .filter(({ offering }) => filter.matches(offering));
    const { rows, nextToken } = cutPage(offerings, page);
    return { InstanceTypeOfferings: rows.map((row) => row.offering), NextToken: nextToken };
  },
};
