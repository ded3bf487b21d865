/** EC2's filters of instances: all that it documents. */
import type { InstanceRow } from '../../../catalog/rows/instance.ts';
import type { VolumeRow } from '../../../catalog/rows/volume.ts';
import type { FilterTable } from '../../../domain/filters.ts';
import { currentBootMode, instanceStateCodes, privateDnsName } from '../../../domain/instances.ts';
import { platformDetails, usageOperation } from '../../../domain/platforms.ts';
import { zoneIdOf } from '../../../domain/regions.ts';
import { zoneOf } from '../../../domain/site.ts';
import { hasPublicAddress } from '../../shapes/network-interfaces.ts';
import { attachmentState } from '../../shapes/volumes.ts';
import { networkInterfaceFilters } from './network-interface-filters.ts';

/** Filters on volumes, which say themselves where they are attached. */
const attachedPrefix = 'block-device-mapping.';
export const attachedVolumeFilter = `${attachedPrefix}volume-id`;
export const isAttachedFilter = (name: string) => name.startsWith(attachedPrefix);

export interface FilteredBy {
  /** Name of each security group by its id. */
  groupNames: ReadonlyMap<string, string>;
  /** Attached volumes by the instance's id, as far as a filter asks for them. */
  volumes: ReadonlyMap<string, readonly VolumeRow[]>;
}

/** On what no instance of Imago has. */
const absent = [
  'affinity',
  'capacity-reservation-id',
  'capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id',
  'capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn',
  'dns-name',
  'host-id',
  'iam-instance-profile.arn',
  'iam-instance-profile.id',
  'iam-instance-profile.name',
  'instance-lifecycle',
  'ipv6-address',
  'kernel-id',
  'operator.principal',
  'outpost-arn',
  'placement-group-name',
  'placement-partition-number',
  'ramdisk-id',
  'requester-id',
  'spot-instance-request-id',
];

type Values = FilterTable<InstanceRow>['values'];

export function instanceFilters({ groupNames, volumes }: FilteredBy): FilterTable<InstanceRow> {
  const groupIds = (row: InstanceRow) => row.securityGroupIds;
  const names = (row: InstanceRow) => groupIds(row).map((id) => groupNames.get(id));
  const ofInterface = networkInterfaceFilters(groupNames);
  const named = (name: string) => `network-interface.${name}`;
  const network: Values = {
    ...Object.fromEntries(Object.entries(ofInterface.values).map(([n, of]) => [named(n), of])),
    'instance.group-id': groupIds,
    'instance.group-name': names,
    'private-dns-name': privateDnsName,
    'private-ip-address': (row) => row.privateIp,
    'source-dest-check': () => 'true',
    'subnet-id': (row) => row.subnetId,
    'vpc-id': (row) => row.vpcId,
  };
  return {
    absent: [...absent, ...(ofInterface.absent ?? []).map(named)],
    values: {
      ...machineFilters,
      ...optionFilters,
      ...attachedFilters(volumes),
      ...Object.fromEntries(Object.entries(network).map(([name, of]) => [name, here(of)])),
    },
    tags: (row) => row.tags,
  };
}

/** A terminated instance has given back its network. */
function here(of: Values[string]): Values[string] {
  return (row) => (row.state === 'terminated' ? undefined : of(row));
}

const machineFilters: Values = {
  architecture: (row) => row.architecture,
  'availability-zone': zoneOf,
  'availability-zone-id': (row) => zoneIdOf(zoneOf(row)),
  'boot-mode': (row) => row.bootMode,
  'client-token': (row) => row.clientToken,
  'current-instance-boot-mode': currentBootMode,
  hypervisor: () => 'xen',
  'image-id': (row) => row.imageId,
  'instance-id': (row) => row.id,
  'instance-state-code': (row) => String(instanceStateCodes[row.state]),
  'instance-state-name': (row) => row.state,
  'instance-type': (row) => row.instanceType,
  'ip-address': (row) => (hasPublicAddress(row) ? row.publicIp : undefined),
  'key-name': (row) => row.keyName,
  'launch-index': (row) => String(row.launchIndex),
  'launch-time': (row) => row.launchedAt,
  'monitoring-state': (row) => (row.monitoring ? 'enabled' : 'disabled'),
  'operator.managed': () => 'false',
  'owner-id': (row) => row.account,
  platform: (row) => row.platform,
  'platform-details': platformDetails,
  'product-code': (row) => row.productCodes,
  'product-code.type': (row) => row.productCodes && ['marketplace'],
  reason: (row) => row.stateTransitionReason,
  'reservation-id': (row) => row.reservationId,
  'root-device-name': (row) => row.rootDeviceName,
  'root-device-type': () => 'ebs',
  'tpm-support': (row) => row.tpmSupport,
  'state-reason-code': (row) => row.stateReason?.code,
  'state-reason-message': (row) => row.stateReason?.message,
  tenancy: () => 'default',
  'usage-operation': usageOperation,
  'usage-operation-update-time': (row) => row.createdAt,
  'virtualization-type': () => 'hvm',
};

const optionFilters: Values = {
  'capacity-reservation-specification.capacity-reservation-preference': (row) =>
    row.capacityReservationPreference ?? 'open',
  'ebs-optimized': () => 'false',
  'ena-support': (row) => String(row.enaSupport ?? false),
  'enclave-options.enabled': () => 'false',
  'hibernation-options.configured': () => 'false',
  'maintenance-options.auto-recovery': (row) => row.autoRecovery ?? 'default',
  'metadata-options.http-endpoint': (row) => row.metadataOptions.httpEndpoint,
  'metadata-options.http-protocol-ipv4': () => 'enabled',
  'metadata-options.http-protocol-ipv6': () => 'disabled',
  'metadata-options.http-put-response-hop-limit': (row) =>
    String(row.metadataOptions.httpPutResponseHopLimit),
  'metadata-options.http-tokens': (row) => row.metadataOptions.httpTokens,
  'metadata-options.instance-metadata-tags': (row) =>
    row.metadataOptions.instanceMetadataTags ?? 'disabled',
  'metadata-options.state': (row) => (row.state === 'pending' ? 'pending' : 'applied'),
  'network-performance-options.bandwidth-weighting': () => 'default',
  'private-dns-name-options.enable-resource-name-dns-a-record': () => 'false',
  'private-dns-name-options.enable-resource-name-dns-aaaa-record': () => 'false',
  'private-dns-name-options.hostname-type': () => 'ip-name',
};

function attachedFilters(volumes: FilteredBy['volumes']): Values {
  const of =
    (member: (volume: VolumeRow) => string | undefined): Values[string] =>
    (row) =>
      volumes.get(row.id)?.map(member);
  return {
    [attachedVolumeFilter]: of((volume) => volume.id),
    'block-device-mapping.attach-time': of(({ attachment }) => attachment?.attachedAt),
    'block-device-mapping.delete-on-termination': of(
      ({ attachment }) => attachment && String(attachment.deleteOnTermination),
    ),
    'block-device-mapping.device-name': of(({ attachment }) => attachment?.deviceName),
    'block-device-mapping.status': of(attachmentState),
  };
}
