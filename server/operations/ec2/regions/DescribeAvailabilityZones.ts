import type {
  AvailabilityZone,
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
} from '../../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../../api/service-error.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import type { Operation } from '../../operation.ts';

const filters: FilterTable<AvailabilityZone> = {
  absent: ['message', 'parent-zone-id', 'parent-zone-name'],
  values: {
    'group-long-name': (zone) => zone.GroupLongName,
    'group-name': (zone) => zone.GroupName,
    'opt-in-status': (zone) => zone.OptInStatus,
    'region-name': (zone) => zone.RegionName,
    state: (zone) => zone.State,
    'zone-id': (zone) => zone.ZoneId,
    'zone-name': (zone) => zone.ZoneName,
    'zone-type': (zone) => zone.ZoneType,
  },
};

export const describeAvailabilityZones: Operation<
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult
> = {
  // AllAvailabilityZones would add those that are not enabled: there are none.
  accepts: ['ZoneNames', 'ZoneIds', 'AllAvailabilityZones', 'Filters'],
  async run({ ZoneNames: names = [], ZoneIds: ids = [], Filters }, { caller: { region } }) {
    const zone: AvailabilityZone = {
      ZoneName: zoneOf(region),
      ZoneId: zoneIdOf(region),
      RegionName: region,
      GroupName: region,
      GroupLongName: region,
      NetworkBorderGroup: region,
      OptInStatus: 'opt-in-not-required',
      State: 'available',
      ZoneType: 'availability-zone',
    };
    const unknown =
      names.find((name) => name !== zone.ZoneName) ?? ids.find((id) => id !== zone.ZoneId);
    if (unknown !== undefined) {
      throw new ServiceError('InvalidParameterValue', `Invalid availability zone: [${unknown}]`);
    }
    return { AvailabilityZones: [zone].filter(rowFilter(Filters, filters).matches) };
  },
};
