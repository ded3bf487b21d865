/** Fleets for tests of operations: instant ones, of one template. */
import type {
  CreateFleetRequest,
  FleetLaunchTemplateOverridesRequest,
  OnDemandOptionsRequest,
} from '../../api/generated/ec2-types.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { createFleet } from './ec2/fleets/CreateFleet.ts';
import type { OperationContext } from './operation.ts';

export const types = (...names: string[]) => names.map((InstanceType) => ({ InstanceType }));
export const withOptions = (OnDemandOptions: OnDemandOptionsRequest) => ({ OnDemandOptions });

export function fleetRequest(
  LaunchTemplateId: string,
  TotalTargetCapacity: number,
  Overrides: FleetLaunchTemplateOverridesRequest[] = [],
  more: Partial<CreateFleetRequest> = {},
): CreateFleetRequest {
  const LaunchTemplateSpecification = { LaunchTemplateId, Version: '$Latest' };
  return {
    Type: 'instant',
    TargetCapacitySpecification: { TotalTargetCapacity, DefaultTargetCapacityType: 'on-demand' },
    LaunchTemplateConfigs: [{ LaunchTemplateSpecification, Overrides }],
    ...more,
  };
}

/** Short forms of what was launched and what was not. */
export async function makeFleet(
  context: OperationContext,
  ...request: Parameters<typeof fleetRequest>
) {
  const made = await createFleet.run(fleetRequest(...request), context);
  const { FleetId, Instances = [], Errors = [] } = made;
  return {
    FleetId: FleetId ?? '',
    launched: Instances.map((each) => `${each.InstanceIds?.length} ${each.InstanceType}`),
    errors: Errors.map((each) => {
      const { InstanceType } = each.LaunchTemplateAndOverrides?.Overrides ?? {};
      return [InstanceType, each.ErrorCode].filter(Boolean).join(' ');
    }),
    ids: Instances.flatMap(({ InstanceIds = [] }) => InstanceIds),
  };
}

export function instanceRows({ catalog }: OperationContext): Promise<InstanceRow[]> {
  return catalog.read(({ instances }) => instances.list());
}
