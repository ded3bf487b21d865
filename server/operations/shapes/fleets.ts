/** Fleets, and what came of them, as EC2 shows them. */
import type {
  CreateFleetError,
  CreateFleetInstance,
  FleetData,
  LaunchTemplateAndOverridesResponse,
} from '../../../api/generated/ec2-types.ts';
import type { FleetFailure, FleetLaunch, FleetPlace, FleetRow } from '../../catalog/rows/fleet.ts';
import { zoneIdOf } from '../../domain/regions.ts';
import { tagList } from './tags.ts';

const lifecycle = 'on-demand';

export function fleetLaunchShape(launch: FleetLaunch): CreateFleetInstance {
  const { availabilityZone } = launch;
  return {
    LaunchTemplateAndOverrides: placeShape(launch.place),
    Lifecycle: lifecycle,
    InstanceIds: launch.instanceIds,
    InstanceType: launch.instanceType,
    AvailabilityZone: availabilityZone,
    AvailabilityZoneId: zoneIdOf(availabilityZone),
    SubnetId: launch.subnetId,
  };
}

export function fleetFailureShape({ place, code, message }: FleetFailure): CreateFleetError {
  return {
    LaunchTemplateAndOverrides: placeShape(place),
    Lifecycle: lifecycle,
    ErrorCode: code,
    ErrorMessage: message,
  };
}

function placeShape(place: FleetPlace): LaunchTemplateAndOverridesResponse {
  return {
    LaunchTemplateSpecification: {
      LaunchTemplateId: place.templateId,
      LaunchTemplateName: place.templateName,
      Version: String(place.versionNumber),
    },
    // A member has one name in requests and in answers.
    Overrides: place.overrides,
  };
}

export function fleetShape(row: FleetRow): FleetData {
  return {
    FleetId: row.id,
    CreateTime: new Date(row.createdAt),
    FleetState: 'active',
    // EC2 says so of every instant fleet, however much of it there was.
    ActivityStatus: 'fulfilled',
    Type: 'instant',
    ClientToken: row.clientToken,
    FulfilledCapacity: row.fulfilledUnits,
    FulfilledOnDemandCapacity: row.fulfilledUnits,
    TerminateInstancesWithExpiration: false,
    ReplaceUnhealthyInstances: false,
    ...(row.config as FleetData),
    Instances: row.launches.map((launch) => {
      const { InstanceIds, InstanceType, LaunchTemplateAndOverrides } = fleetLaunchShape(launch);
      return { InstanceIds, InstanceType, LaunchTemplateAndOverrides, Lifecycle: lifecycle };
    }),
    Errors: row.failures.map(fleetFailureShape),
    Tags: tagList(row.tags),
  };
}
