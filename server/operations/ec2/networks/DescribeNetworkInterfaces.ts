import type {
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult,
} from '../../../../api/generated/ec2-types.ts';
import { type InstanceRow, interfaceTags } from '../../../catalog/rows/instance.ts';
import { rowFilter } from '../../../domain/filters.ts';
import { livingStates } from '../../../domain/instances.ts';
import { requiredInterfaces } from '../../../domain/network-interfaces.ts';
import { cutPage, pageOf, readPage, usualPageBounds } from '../../../domain/pages.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import { tagCondition } from '../../../domain/tags.ts';
import type { Operation } from '../../operation.ts';
import { hasPublicAddress, networkInterfaceShape } from '../../shapes/network-interfaces.ts';
import { networkInterfaceFilters } from '../instances/network-interface-filters.ts';

/** Those of instances, one each: there are no others. In the order of the instances. */
export const describeNetworkInterfaces: Operation<
  DescribeNetworkInterfacesRequest,
  DescribeNetworkInterfacesResult
> = {
  accepts: ['NetworkInterfaceIds', 'Filters', 'MaxResults', 'NextToken'],
  fixed: { IncludeManagedResources: [false, true] },
  inPages: { list: 'NetworkInterfaces', ids: 'NetworkInterfaceIds' },
  async run(input, { catalog, caller }) {
    const { account, region } = caller;
    const { NetworkInterfaceIds: ids = [] } = input;
    const scope = { ...caller, action: 'DescribeNetworkInterfaces' };
    const page = pageOf(input, scope, usualPageBounds, ids);
    return catalog.read(async (reader) => {
      const groups = await reader.securityGroups.list({ where: { account, region } });
      const names = new Map(groups.map(({ id, name }) => [id, name]));
      const filter = rowFilter(input.Filters, filters(names));
      const read = async () => {
        if (ids.length > 0) {
          return cutPage(
            (await requiredInterfaces(reader, caller, ids)).filter(filter.matches),
            page,
          );
        }
        const { tag: interfaceTag, tagName: interfaceTagName } = tagCondition(caller, filter);
        const where = {
          account,
          region,
          state: livingStates,
          networkInterface: filter.exact('network-interface-id'),
          id: filter.exact('attachment.instance-id'),
          group: filter.exact('group-id'),
          privateIp: filter.exact('private-ip-address'),
          interfaceTag,
          interfaceTagName,
        };
        return readPage(reader.instances, where, page, filter.matches);
      };
      const { rows, nextToken } = await read();
      return {
        NetworkInterfaces: rows.map((row) =>
          networkInterfaceShape(
            row,
            row.securityGroupIds.map((id) => ({ GroupId: id, GroupName: names.get(id) })),
          ),
        ),
        NextToken: nextToken,
      };
    });
  },
};

function filters(names: ReadonlyMap<string, string>) {
  const { values, absent } = networkInterfaceFilters(names);
  return {
    absent,
    values: {
      ...values,
      'addresses.association.owner-id': (row: InstanceRow) =>
        hasPublicAddress(row) ? 'amazon' : undefined,
      'availability-zone-id': (row: InstanceRow) => zoneIdOf(zoneOf(row)),
      'interface-type': () => 'interface',
    },
    tags: interfaceTags,
  };
}
