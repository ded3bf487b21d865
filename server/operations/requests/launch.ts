/**
 * What a launch request says of the instances: the same members in RunInstances and in whatever
 * else describes a launch.
 */
import type {
  InstanceMetadataOptionsRequest,
  InstanceNetworkInterfaceSpecification,
  RunInstancesRequest,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { MetadataOptions } from '../../catalog/rows/instance.ts';
import type { Wanted } from '../../domain/free-addresses.ts';
import { defaultInstanceType } from '../../domain/instance-types.ts';
import { instancesMax, type LaunchRequest } from '../../domain/launch.ts';
import { tagsOfSpecifications } from '../../domain/tags.ts';
import { acceptedMappings, mappingRequests } from './block-device-mappings.ts';
import { oneOf, only, onlyFalse } from './fixed-values.ts';

/** What is honoured of them. */
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
  'Placement.Tenancy',
  'PrivateIpAddress',
  'UserData',
  ...acceptedMappings,
  'MetadataOptions.HttpTokens',
  'MetadataOptions.HttpPutResponseHopLimit',
  'MetadataOptions.HttpEndpoint',
  'InstanceInitiatedShutdownBehavior',
  'NetworkInterfaces.DeviceIndex',
  'NetworkInterfaces.AssociatePublicIpAddress',
  'NetworkInterfaces.DeleteOnTermination',
  'NetworkInterfaces.Groups',
  'NetworkInterfaces.SubnetId',
  'NetworkInterfaces.PrivateIpAddress',
  'TagSpecifications',
  'Monitoring.Enabled',
  'EbsOptimized',
  'DisableApiTermination',
  'DisableApiStop',
] as const;

export function launchRequest(input: RunInstancesRequest): LaunchRequest {
  checkFixedValues(input);
  const [network] = input.NetworkInterfaces ?? [];
  checkNetworkInterfaces(input);
  const tags = tagsOfSpecifications(input.TagSpecifications, ['instance', 'volume']);
  if (input.ImageId === undefined) {
    throw new ServiceError('MissingParameter', 'The request must contain the parameter ImageId');
  }
  const behavior = 'InstanceInitiatedShutdownBehavior';
  return {
    imageId: input.ImageId,
    count: countOf(input),
    instanceType: input.InstanceType ?? defaultInstanceType,
    keyName: input.KeyName || undefined,
    securityGroupIds: network?.Groups ?? input.SecurityGroupIds ?? [],
    securityGroupNames: input.SecurityGroups ?? [],
    subnetId: (network?.SubnetId ?? input.SubnetId) || undefined,
    // Packer sends the members that its user left out, empty.
    availabilityZone: input.Placement?.AvailabilityZone || undefined,
    privateIp: (network?.PrivateIpAddress ?? input.PrivateIpAddress) || undefined,
    userData: input.UserData || undefined,
    mappings: mappingRequests(input.BlockDeviceMappings),
    metadataOptions: metadataOptions(input.MetadataOptions),
    shutdownBehavior: oneOf(behavior, input[behavior], ['stop', 'terminate']) ?? 'stop',
    clientToken: input.ClientToken,
    instanceTags: tags.instance,
    volumeTags: tags.volume,
  };
}

function checkFixedValues(input: RunInstancesRequest): void {
  only('Placement.Tenancy', input.Placement?.Tenancy, 'default');
  onlyFalse('Monitoring.Enabled', input.Monitoring?.Enabled);
  onlyFalse('EbsOptimized', input.EbsOptimized);
  onlyFalse('DisableApiTermination', input.DisableApiTermination);
  onlyFalse('DisableApiStop', input.DisableApiStop);
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

/** One interface is what an instance has; a request may name it here instead of at the top. */
function checkNetworkInterfaces(input: RunInstancesRequest): void {
  const { NetworkInterfaces: interfaces } = input;
  if (!interfaces?.length) return;
  const [first = {}, ...others] = interfaces as InstanceNetworkInterfaceSpecification[];
  if (others.length > 0 || (first.DeviceIndex ?? 0) !== 0) {
    throw new ServiceError(
      'UnsupportedOperation',
      'An instance has one network interface, with DeviceIndex 0.',
    );
  }
  only('NetworkInterfaces.AssociatePublicIpAddress', first.AssociatePublicIpAddress, true);
  only('NetworkInterfaces.DeleteOnTermination', first.DeleteOnTermination, true);
  const both = [input.SecurityGroupIds, input.SecurityGroups, input.SubnetId];
  if ([...both, input.PrivateIpAddress].some((member) => member?.length)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'Network interfaces and an instance-level subnet ID, security groups or address may not be specified on the same request',
    );
  }
}

/** EC2's range of hops. */
const hopLimitMax = 64;

function metadataOptions({
  HttpTokens,
  HttpPutResponseHopLimit: hops,
  HttpEndpoint,
}: InstanceMetadataOptionsRequest = {}): Partial<MetadataOptions> {
  if (hops !== undefined && (hops < 1 || hops > hopLimitMax)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `HttpPutResponseHopLimit is a number from 1 to ${hopLimitMax}.`,
    );
  }
  const httpTokens = oneOf('HttpTokens', HttpTokens, ['optional', 'required']);
  const httpEndpoint = oneOf('HttpEndpoint', HttpEndpoint, ['enabled', 'disabled']);
  return {
    ...(httpTokens && { httpTokens }),
    ...(hops !== undefined && { httpPutResponseHopLimit: hops }),
    ...(httpEndpoint && { httpEndpoint }),
  };
}
