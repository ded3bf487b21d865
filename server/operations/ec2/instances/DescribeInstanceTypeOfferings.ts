import type {
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult,
  InstanceTypeOffering,
} from '../../../../api/generated/ec2-types.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { instanceTypes } from '../../../domain/instance-types.ts';
import { cutPage, pageOf, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zonesOf } from '../../../domain/site.ts';
import type { Operation } from '../../operation.ts';
import { oneOf } from '../../requests/fixed-values.ts';

const filters: FilterTable<InstanceTypeOffering> = {
  values: {
    'instance-type': (offering) => offering.InstanceType,
    location: (offering) => offering.Location,
  },
};

/** All types are offered everywhere; nothing is an Outpost. */
const locations: Record<string, (region: string, zones: string[]) => string[]> = {
  region: (region) => [region],
  'availability-zone': (_, zones) => zones,
  'availability-zone-id': (_, zones) => zones.map(zoneIdOf),
  outpost: () => [],
};

export const describeInstanceTypeOfferings: Operation<
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult
> = {
  accepts: ['LocationType', 'Filters', 'MaxResults', 'NextToken'],
  async run(input, { caller, site }) {
    const { region } = caller;
    const action = 'DescribeInstanceTypeOfferings';
    const page = pageOf(input, { ...caller, action }, usualPageBounds);
    const filter = rowFilter(input.Filters, filters);
    const LocationType =
      oneOf('LocationType', input.LocationType, Object.keys(locations)) ?? 'region';
    const offerings = instanceTypes
      .flatMap(({ name }) =>
        (locations[LocationType]?.(region, zonesOf(site, region)) ?? []).map((Location) => ({
          id: `${name} ${Location}`,
          offering: { InstanceType: name, LocationType, Location },
        })),
      )
      .filter(({ offering }) => filter.matches(offering));
    const { rows, nextToken } = cutPage(offerings, page);
    return { InstanceTypeOfferings: rows.map((row) => row.offering), NextToken: nextToken };
  },
};
