/** What CreateFleet says of where and how to launch. */
import type {
  CreateFleetRequest,
  FleetLaunchTemplateConfigRequest,
  FleetLaunchTemplateOverridesRequest,
  InstanceNetworkInterfaceSpecification,
  RequestLaunchTemplateData,
  RunInstancesRequest,
  TargetCapacitySpecificationRequest,
} from '../../../api/generated/ec2-types.ts';
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type {
  LaunchTemplateRow,
  LaunchTemplateVersionRow,
} from '../../catalog/rows/launch-template.ts';
import {
  type FleetPool,
  type FleetRules,
  fleetPoolsMax,
  fleetUnitsMax,
} from '../../domain/fleets.ts';
import { defaultInstanceType } from '../../domain/instance-types.ts';
import { requiredLaunchTemplate, requiredTemplateVersion } from '../../domain/launch-templates.ts';
import { zoneIdOf } from '../../domain/regions.ts';
import { firstZone } from '../../domain/site.ts';
import type { Viewer } from '../../domain/viewer.ts';
import type { FixedValues } from '../operation.ts';
import { acceptedLaunchMappings } from './block-device-mappings.ts';
import { oneOf } from './fixed-values.ts';
import { versionLaunch } from './launch-template.ts';
import { askedMembers } from './launch-template-data.ts';

const overrides = 'LaunchTemplateConfigs.Overrides';

export const acceptedFleetMembers = [
  'LaunchTemplateConfigs.LaunchTemplateSpecification',
  ...[
    'InstanceType',
    'ImageId',
    'KeyName',
    'SubnetId',
    'AvailabilityZone',
    'AvailabilityZoneId',
    'WeightedCapacity',
    'Priority',
    ...acceptedLaunchMappings,
    'MetadataOptions.HttpTokens',
    'MetadataOptions.HttpPutResponseHopLimit',
    'MetadataOptions.HttpEndpoint',
  ].map((path) => `${overrides}.${path}`),
  'TargetCapacitySpecification.TotalTargetCapacity',
  'TargetCapacitySpecification.OnDemandTargetCapacity',
  'OnDemandOptions.AllocationStrategy',
  'OnDemandOptions.SingleInstanceType',
  'OnDemandOptions.SingleAvailabilityZone',
  'OnDemandOptions.MinTargetCapacity',
  'TagSpecifications',
];

/** Fleets are of instances on demand, launched at once; the rest are EC2's defaults. */
export const fixedFleetMembers: FixedValues = {
  Type: 'instant',
  'TargetCapacitySpecification.DefaultTargetCapacityType': 'on-demand',
  'TargetCapacitySpecification.SpotTargetCapacity': 0,
  'TargetCapacitySpecification.TargetCapacityUnitType': 'units',
  TerminateInstancesWithExpiration: false,
  ReplaceUnhealthyInstances: false,
  ExcessCapacityTerminationPolicy: 'termination',
  'SpotOptions.AllocationStrategy': 'lowest-price',
  'SpotOptions.InstanceInterruptionBehavior': 'terminate',
  'SpotOptions.InstancePoolsToUseCount': 1,
  'SpotOptions.SingleInstanceType': false,
  'SpotOptions.SingleAvailabilityZone': false,
  [`${overrides}.Placement.Affinity`]: 'default',
  [`${overrides}.Placement.Tenancy`]: 'default',
};

export const fleetTaggedTypes = ['fleet', 'instance', 'volume', 'network-interface'] as const;

/** A fleet that says neither is kept up, and is of spot instances. */
export function checkFleetKind({ Type, TargetCapacitySpecification }: CreateFleetRequest): void {
  if (Type === undefined) {
    throw unsupported('The Type of a fleet is maintain unless it is given; Imago offers instant.');
  }
  const { DefaultTargetCapacityType: kind, ...capacity } = TargetCapacitySpecification;
  const { TotalTargetCapacity: total, OnDemandTargetCapacity: onDemand = 0 } = capacity;
  if (kind === undefined && onDemand < total) {
    throw unsupported(
      'Without DefaultTargetCapacityType on-demand the rest of the capacity is of spot instances, which Imago does not have.',
    );
  }
}

/** How many units are wanted, and without how many nothing is launched. */
export function fleetCapacity({
  TargetCapacitySpecification: { TotalTargetCapacity: total, ...capacity },
  OnDemandOptions: options = {},
}: CreateFleetRequest): { wanted: number; least: number } {
  const { OnDemandTargetCapacity: onDemand = 0 }: Partial<TargetCapacitySpecificationRequest> =
    capacity;
  checkNumber('TotalTargetCapacity', total, 1, fleetUnitsMax);
  checkNumber('OnDemandTargetCapacity', onDemand, 0, total);
  const { MinTargetCapacity: least, SingleInstanceType, SingleAvailabilityZone } = options;
  if (least === undefined) return { wanted: total, least: 0 };
  checkNumber('MinTargetCapacity', least, 1, total);
  if (!SingleInstanceType && !SingleAvailabilityZone) {
    throw new ServiceError(
      'InvalidParameterCombination',
      'MinTargetCapacity needs SingleInstanceType or SingleAvailabilityZone.',
    );
  }
  return { wanted: total, least };
}

export function fleetRules({ OnDemandOptions: options = {} }: CreateFleetRequest): FleetRules {
  const { AllocationStrategy, SingleInstanceType, SingleAvailabilityZone } = options;
  const strategies = ['lowest-price', 'prioritized'] as const;
  return {
    strategy: oneOf('AllocationStrategy', AllocationStrategy, strategies) ?? 'lowest-price',
    singleInstanceType: SingleInstanceType ?? false,
    singleAvailabilityZone: SingleAvailabilityZone ?? false,
  };
}

/** One of each template for itself, or for each set of overrides. */
export async function fleetPools(
  reader: CatalogReader,
  viewer: Viewer,
  { LaunchTemplateConfigs: configs }: CreateFleetRequest,
  common: Pick<RunInstancesRequest, 'TagSpecifications'>,
): Promise<FleetPool[]> {
  const pools: FleetPool[] = [];
  for (const config of configs) {
    const source = await sourceOf(reader, viewer, config);
    const { Overrides: all = [] } = config;
    for (const override of all.length > 0 ? all : [{}]) {
      const zoneId = await zoneOfPool(reader, viewer, override, source.version.data);
      pools.push(poolOf(source, override, zoneId, common));
    }
  }
  if (pools.length > fleetPoolsMax) {
    throw invalid(`A fleet has at most ${fleetPoolsMax} launch templates and overrides.`);
  }
  if (pools.length > 0) return pools;
  throw new ServiceError('MissingParameter', 'A fleet needs LaunchTemplateConfigs.');
}

/**
 * The id of its subnet's zone, or of the one that is named; whether that is there, the launch will
 * say.
 */
async function zoneOfPool(
  reader: CatalogReader,
  { region }: Viewer,
  override: FleetLaunchTemplateOverridesRequest,
  { NetworkInterfaces: [network] = [], Placement }: RequestLaunchTemplateData,
): Promise<string> {
  const subnetId = override.SubnetId || network?.SubnetId;
  const subnet = subnetId ? await reader.subnets.get(subnetId) : undefined;
  if (subnet) return zoneIdOf(subnet.availabilityZone);
  const { AvailabilityZone, AvailabilityZoneId } = { ...Placement, ...askedMembers(override) };
  return AvailabilityZoneId ?? zoneIdOf(AvailabilityZone ?? firstZone(region));
}

interface Source {
  template: LaunchTemplateRow;
  version: LaunchTemplateVersionRow;
  userData?: string;
}

async function sourceOf(
  reader: CatalogReader,
  viewer: Viewer,
  { LaunchTemplateSpecification: named = {} }: FleetLaunchTemplateConfigRequest,
): Promise<Source> {
  const template = await requiredLaunchTemplate(reader, viewer, named);
  if (!named.Version) {
    throw new ServiceError(
      'MissingParameter',
      'A fleet names the version of its launch template: a number, $Latest or $Default.',
    );
  }
  const version = await requiredTemplateVersion(reader, template, named.Version);
  return { template, version, userData: named.LaunchTemplateSpecificationUserData };
}

function poolOf(
  { template, version, userData }: Source,
  override: FleetLaunchTemplateOverridesRequest,
  zoneId: string,
  common: Pick<RunInstancesRequest, 'TagSpecifications'>,
): FleetPool {
  const { Priority, WeightedCapacity: weight = 1 } = override;
  if (!(weight > 0)) throw invalid(`WeightedCapacity is more than 0, not ${weight}.`);
  const data: RequestLaunchTemplateData = version.data;
  const request = {
    ...launchMembers(override, data),
    ...common,
    ...(userData && { UserData: userData }),
  };
  return {
    place: {
      templateId: template.id,
      templateName: template.name,
      versionNumber: version.number,
      overrides: askedMembers(override) as Record<string, unknown>,
    },
    instanceType: override.InstanceType || data.InstanceType || defaultInstanceType,
    zoneId,
    priority: Priority,
    weight,
    launch: (count) => versionLaunch(version, { ...request, MinCount: 1, MaxCount: count }),
  };
}

/** As a launch has them: a subnet goes into the interface that the template has, if it has one. */
function launchMembers(
  {
    SubnetId,
    AvailabilityZone,
    AvailabilityZoneId,
    ...override
  }: FleetLaunchTemplateOverridesRequest,
  { NetworkInterfaces = [] }: RequestLaunchTemplateData,
): Partial<RunInstancesRequest> {
  const { Priority: _, WeightedCapacity: __, MaxPrice: ___, ...members } = override;
  const [first, ...others] = NetworkInterfaces as InstanceNetworkInterfaceSpecification[];
  const subnet =
    SubnetId && first ? { NetworkInterfaces: [{ ...first, SubnetId }, ...others] } : { SubnetId };
  return {
    ...(members as Partial<RunInstancesRequest>),
    ...subnet,
    Placement: { AvailabilityZone, AvailabilityZoneId },
  };
}

function checkNumber(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw invalid(`${name} is a whole number from ${least} to ${most}, not ${value}.`);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}

function unsupported(message: string): ServiceError {
  return new ServiceError('UnsupportedOperation', message);
}
