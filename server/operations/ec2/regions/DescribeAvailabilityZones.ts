import type {
  AvailabilityZone,
  DescribeAvailabilityZonesRequest,
  DescribeAvailabilityZonesResult,
} from '../../../../api/generated/ec2-types.ts';
import { type FilterTable, rowFilter } from '../../../domain/filters.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { checkedZone, zonesOf } from '../../../domain/site.ts';
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
  accepts: ['ZoneNames', 'ZoneIds', 'Filters'],
  // True would add those that are not enabled: there are none.
  fixed: { AllAvailabilityZones: [false, true] },
  async run({ ZoneNames: names = [], ZoneIds: ids = [], Filters }, { caller: { region }, site }) {
    const filter = rowFilter(Filters, filters);
    const wanted = [
      ...names.map((name) => checkedZone(site, region, { name })),
      ...ids.map((id) => checkedZone(site, region, { id })),
    ];
    return {
      AvailabilityZones: zonesOf(site, region)
        .filter((zone) => wanted.length === 0 || wanted.includes(zone))
        .map((zone) => zoneShape(zone, region))
        .filter(filter.matches),
    };
  },
};

function zoneShape(zone: string, region: string): AvailabilityZone {
  return {
    ZoneName: zone,
    ZoneId: zoneIdOf(zone),
    RegionName: region,
    GroupName: region,
    GroupLongName: region,
    NetworkBorderGroup: region,
    OptInStatus: 'opt-in-not-required',
    State: 'available',
    ZoneType: 'availability-zone',
  };
}
