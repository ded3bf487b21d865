/**
 * EC2's filters of network interfaces, by the instances that have them: one each. DescribeInstances
 * has them under `network-interface.`.
 */
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { FilterTable } from '../../../domain/filters.ts';
import { privateDnsName } from '../../../domain/instances.ts';
import { zoneOf } from '../../../domain/site.ts';
import { attachmentId, hasPublicAddress } from '../../shapes/network-interfaces.ts';

/** On what no interface of Imago has. */
const absent = [
  'addresses.association.allocation-id',
  'addresses.association.association-id',
  'addresses.association.carrier-ip',
  'addresses.association.customer-owned-ip',
  'addresses.association.public-dns-name',
  'association.allocation-id',
  'association.association-id',
  'association.carrier-ip',
  'association.customer-owned-ip',
  'association.public-dns-name',
  'ipv4-prefixes.ipv4-prefix',
  'ipv6-address',
  'ipv6-addresses.ipv6-address',
  'ipv6-addresses.is-primary-ipv6',
  'ipv6-prefixes.ipv6-prefix',
  'operator.principal',
  'outpost-arn',
  'public-dns-name',
  'requester-id',
];

export function networkInterfaceFilters(
  groupNames: ReadonlyMap<string, string>,
): FilterTable<InstanceRow> {
  const publicIp = (row: InstanceRow) => (hasPublicAddress(row) ? row.publicIp : undefined);
  const ipOwner = (row: InstanceRow) => (hasPublicAddress(row) ? 'amazon' : undefined);
  return {
    absent,
    values: {
      'addresses.association.ip-owner-id': ipOwner,
      'addresses.association.public-ip': publicIp,
      'addresses.primary': () => 'true',
      'addresses.private-dns-name': privateDnsName,
      'addresses.private-ip-address': (row) => row.privateIp,
      'association.ip-owner-id': ipOwner,
      'association.public-ip': publicIp,
      'attachment.attach-time': (row) => row.createdAt,
      'attachment.attachment-id': attachmentId,
      'attachment.delete-on-termination': () => 'true',
      'attachment.device-index': () => '0',
      'attachment.instance-id': (row) => row.id,
      'attachment.instance-owner-id': (row) => row.account,
      'attachment.network-card-index': () => '0',
      'attachment.status': () => 'attached',
      'availability-zone': zoneOf,
      'deny-all-igw-traffic': () => 'false',
      description: (row) => row.networkInterfaceDescription ?? '',
      'group-id': (row) => row.securityGroupIds,
      'group-name': (row) => row.securityGroupIds.map((id) => groupNames.get(id)),
      'ipv6-native': () => 'false',
      'mac-address': (row) => row.mac,
      'network-interface-id': (row) => row.networkInterfaceId,
      'operator.managed': () => 'false',
      'owner-id': (row) => row.account,
      'private-dns-name': privateDnsName,
      'private-ip-address': (row) => row.privateIp,
      'requester-managed': () => 'false',
      'source-dest-check': () => 'true',
      status: () => 'in-use',
      'subnet-id': (row) => row.subnetId,
      'tag-key': (row) => Object.keys(row.networkInterfaceTags ?? {}),
      'tag-value': (row) => Object.values(row.networkInterfaceTags ?? {}),
      'vpc-id': (row) => row.vpcId,
    },
  };
}
