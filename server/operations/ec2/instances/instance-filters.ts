/** EC2's filters of instances, those whose member Imago has. */
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { FilterTable } from '../../../domain/filters.ts';
import { instanceStateCodes, privateDnsName } from '../../../domain/instances.ts';
import { zoneOf } from '../../../domain/site.ts';
import { hasPublicAddress } from '../../shapes/instances.ts';

export const attachedVolumeFilter = 'block-device-mapping.volume-id';

export interface FilteredBy {
  /** Name of each security group by its id. */
  groupNames: ReadonlyMap<string, string>;
  /** Ids of attached volumes by the instance's, as far as `attachedVolumeFilter` asks for them. */
  volumeIds: ReadonlyMap<string, readonly string[]>;
}

export function instanceFilters({ groupNames, volumeIds }: FilteredBy): FilterTable<InstanceRow> {
  const groupIds = (row: InstanceRow) => (row.state === 'terminated' ? [] : row.securityGroupIds);
  const names = (row: InstanceRow) => groupIds(row).map((id) => groupNames.get(id));
  const here = (of: (row: InstanceRow) => string | undefined) => (row: InstanceRow) =>
    row.state === 'terminated' ? undefined : of(row);
  return {
    values: {
      architecture: (row) => row.architecture,
      'availability-zone': (row) => zoneOf(row.region),
      [attachedVolumeFilter]: (row) => volumeIds.get(row.id),
      'boot-mode': (row) => row.bootMode,
      'client-token': (row) => row.clientToken,
      hypervisor: () => 'xen',
      'image-id': (row) => row.imageId,
      'instance-id': (row) => row.id,
      'instance-state-code': (row) => String(instanceStateCodes[row.state]),
      'instance-state-name': (row) => row.state,
      'instance-type': (row) => row.instanceType,
      'instance.group-id': groupIds,
      'instance.group-name': names,
      'ip-address': (row) => (hasPublicAddress(row) ? row.publicIp : undefined),
      'key-name': (row) => row.keyName,
      'launch-index': (row) => String(row.launchIndex),
      'launch-time': (row) => row.launchedAt,
      'metadata-options.http-endpoint': (row) => row.metadataOptions.httpEndpoint,
      'metadata-options.http-put-response-hop-limit': (row) =>
        String(row.metadataOptions.httpPutResponseHopLimit),
      'metadata-options.http-tokens': (row) => row.metadataOptions.httpTokens,
      'monitoring-state': (row) => (row.monitoring ? 'enabled' : 'disabled'),
      'network-interface.network-interface-id': here((row) => row.networkInterfaceId),
      'owner-id': (row) => row.account,
      'private-dns-name': here(privateDnsName),
      'private-ip-address': here((row) => row.privateIp),
      'reservation-id': (row) => row.reservationId,
      'root-device-name': (row) => row.rootDeviceName,
      'root-device-type': () => 'ebs',
      'state-reason-code': (row) => row.stateReason?.code,
      'subnet-id': here((row) => row.subnetId),
      tenancy: () => 'default',
      'virtualization-type': () => 'hvm',
      'vpc-id': here((row) => row.vpcId),
    },
    tags: (row) => row.tags,
  };
}
