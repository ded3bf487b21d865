import type {
  DescribeRegionsRequest,
  DescribeRegionsResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import type { Operation } from '../../operation.ts';

/**
 * Every region is enabled for every account. Endpoints are not told: one endpoint serves all, and
 * the client knows it.
 */
const optInStatus = 'opt-in-not-required';

const filters: FilterTable<string> = {
  absent: ['endpoint'],
  values: { 'region-name': (region) => region, 'opt-in-status': () => optInStatus },
};

export const describeRegions: Operation<DescribeRegionsRequest, DescribeRegionsResult> = {
  accepts: ['RegionNames', 'Filters'],
  // True would add those that are not enabled: there are none.
  fixed: { AllRegions: [false, true] },
  async run({ RegionNames: names, Filters }, { site }) {
    const unknown = names?.find((name) => !site.regions.includes(name));
    if (unknown !== undefined) {
      throw new ServiceError('InvalidParameterValue', `Invalid region: [${unknown}]`);
    }
    const filter = rowFilter(Filters, filters);
    return {
      Regions: site.regions
        .filter((region) => !names?.length || names.includes(region))
        .filter(filter.matches)
        .map((RegionName) => ({ RegionName, OptInStatus: optInStatus })),
    };
  },
};
