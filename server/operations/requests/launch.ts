/**
 * What a launch request says of the instances: the same members in RunInstances and in whatever
 * else describes a launch.
 */
import type {
  InstanceNetworkInterfaceSpecification,
  RunInstancesRequest,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { Wanted } from '../../domain/free-addresses.ts';
import { defaultInstanceType } from '../../domain/instance-types.ts';
import { instancesMax, type LaunchRequest } from '../../domain/launch.ts';
import { tagsOfSpecifications } from '../../domain/tags.ts';
import { acceptedLaunchMappings, mappingRequests } from './block-device-mappings.ts';
import { oneOf } from './fixed-values.ts';
import { metadataOptions } from './metadata-options.ts';

/** What is honoured of them; `fixedLaunchMembers` are the others that are taken. */
export const acceptedLaunchMembers = [
  'ImageId',
  'MinCount',
  'MaxCount',
  'InstanceType',
  'KeyName',
  'SecurityGroupIds',
  'SecurityGroups',
  'SubnetId',
  'Placement.AvailabilityZone',
  'Placement.AvailabilityZoneId',
  'PrivateIpAddress',
  'UserData',
  ...acceptedLaunchMappings,
  'CapacityReservationSpecification.CapacityReservationPreference',
  'CpuOptions.CoreCount',
  'CpuOptions.ThreadsPerCore',
  'CreditSpecification.CpuCredits',
  'MaintenanceOptions.AutoRecovery',
  'MetadataOptions.HttpTokens',
  'MetadataOptions.HttpPutResponseHopLimit',
  'MetadataOptions.HttpEndpoint',
  'MetadataOptions.InstanceMetadataTags',
  'InstanceInitiatedShutdownBehavior',
  'Monitoring.Enabled',
  'NetworkInterfaces.AssociatePublicIpAddress',
  'NetworkInterfaces.Description',
  'NetworkInterfaces.Groups',
  'NetworkInterfaces.SubnetId',
  'NetworkInterfaces.PrivateIpAddress',
  'NetworkInterfaces.PrivateIpAddresses',
  'TagSpecifications',
  'DisableApiTermination',
  'DisableApiStop',
] as const;

export function launchRequest(input: RunInstancesRequest): LaunchRequest {
  const [network] = input.NetworkInterfaces ?? [];
  checkNetworkInterfaces(input);
  const tags = tagsOfSpecifications(input.TagSpecifications, taggedTypes);
  if (input.ImageId === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter ImageId');
  }
  const { AutoRecovery } = input.MaintenanceOptions ?? {};
  const { CapacityReservationPreference } = input.CapacityReservationSpecification ?? {};
  const behavior = 'InstanceInitiatedShutdownBehavior';
  return {
    imageId: input.ImageId,
    count: countOf(input),
    instanceType: input.InstanceType ?? defaultInstanceType,
    keyName: input.KeyName || undefined,
    securityGroupIds: network?.Groups ?? input.SecurityGroupIds ?? [],
    securityGroupNames: input.SecurityGroups ?? [],
    subnetId: (network?.SubnetId ?? input.SubnetId) || undefined,
    ...zoneOf(input),
    privateIp: primaryAddress(network) ?? (input.PrivateIpAddress || undefined),
    associatePublicIp: network?.AssociatePublicIpAddress ?? true,
    networkInterfaceDescription: network?.Description || undefined,
    userData: input.UserData || undefined,
    mappings: mappingRequests(input.BlockDeviceMappings),
    metadataOptions: metadataOptions(input.MetadataOptions),
    shutdownBehavior: oneOf(behavior, input[behavior], ['stop', 'terminate']) ?? 'stop',
    cpuOptions: {
      coreCount: input.CpuOptions?.CoreCount,
      threadsPerCore: input.CpuOptions?.ThreadsPerCore,
    },
    cpuCredits: cpuCredits(input.CreditSpecification?.CpuCredits || undefined),
    monitoring: input.Monitoring?.Enabled ?? false,
    disableApiTermination: input.DisableApiTermination ?? false,
    disableApiStop: input.DisableApiStop ?? false,
    autoRecovery: oneOf('AutoRecovery', AutoRecovery, ['default', 'disabled']) ?? 'default',
    capacityReservationPreference:
      oneOf('CapacityReservationPreference', CapacityReservationPreference, ['open', 'none']) ??
      'open',
    clientToken: input.ClientToken,
    instanceTags: tags.instance,
    volumeTags: tags.volume,
    networkInterfaceTags: tags['network-interface'],
  };
}

/**
 * What a launch makes. EC2 takes tags of Spot requests too, in launches that make none: refused
 * here.
 */
const taggedTypes = ['instance', 'volume', 'network-interface'] as const;

export function cpuCredits(value: string | undefined) {
  return oneOf('CpuCredits', value, ['standard', 'unlimited']);
}

function countOf({ MinCount: min, MaxCount: max }: RunInstancesRequest): Wanted {
  if (min > max) {
    throw new ServiceError(
      'InvalidParameterCombination',
      `The minimum count (${min}) exceeds the maximum count (${max}).`,
    );
  }
  if (min < 1) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Value (${min}) for parameter minCount is invalid. It is at least 1.`,
    );
  }
  if (min > instancesMax) {
    throw new ServiceError(
      'InstanceLimitExceeded',
      `At most ${instancesMax} instances can be launched in one call.`,
    );
  }
  return { min, max: Math.min(max, instancesMax) };
}

/** Packer sends the members that its user left out, empty. */
function zoneOf({ Placement = {} }: RunInstancesRequest) {
  const { AvailabilityZone: name, AvailabilityZoneId: id } = Placement;
  if (name && id) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'A zone is named by AvailabilityZone or by AvailabilityZoneId, not by both.',
    );
  }
  return { availabilityZone: name || undefined, availabilityZoneId: id || undefined };
}

function checkNetworkInterfaces(input: RunInstancesRequest): void {
  const { NetworkInterfaces: interfaces } = input;
  if (!interfaces?.length) return;
  if (interfaces.length > 1) {
    throw new ServiceError(
      'UnsupportedOperation',
      'An instance has one network interface, with DeviceIndex 0.',
    );
  }
  const both = [input.SecurityGroupIds, input.SecurityGroups, input.SubnetId];
  if ([...both, input.PrivateIpAddress].some((member) => member?.length)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID, security groups or address may not be specified on the same request',
    );
  }
}

/** An interface has one address, however the request says it. */
function primaryAddress(network: InstanceNetworkInterfaceSpecification = {}): string | undefined {
  const { PrivateIpAddress, PrivateIpAddresses: addresses = [] } = network;
  if (addresses.length === 0) return PrivateIpAddress || undefined;
  const [{ Primary, PrivateIpAddress: address } = {}] = addresses;
  if (addresses.length > 1 || !Primary || (PrivateIpAddress && PrivateIpAddress !== address)) {
    throw new ServiceError(
      'UnsupportedOperation',
      'A network interface has one private address, the primary one.',
    );
  }
  return address || undefined;
}
