import type { CreateFleetRequest, CreateFleetResult } from '../../../../api/generated/ec2-types.ts';
import type { CatalogTransaction } from '../../../catalog/catalog.ts';
import type { FleetRow } from '../../../catalog/rows/fleet.ts';
import { idempotently } from '../../../domain/client-tokens.ts';
import {
  type FleetPool,
  type Fulfilment,
  fleetGroups,
  fulfil,
  requiredFleet,
} from '../../../domain/fleets.ts';
import { planLaunch } from '../../../domain/launch.ts';
import { insertLaunch } from '../../../domain/launch-rows.ts';
import { tagsOfSpecifications } from '../../../domain/tags.ts';
import type { HostMeasures } from '../../../host/host.ts';
import type { Operation, OperationContext } from '../../operation.ts';
import {
  acceptedFleetMembers,
  checkFleetKind,
  fixedFleetMembers,
  fleetCapacity,
  fleetPools,
  fleetRules,
  fleetTaggedTypes,
} from '../../requests/fleet.ts';
import { fleetFailureShape, fleetLaunchShape } from '../../shapes/fleets.ts';

export const createFleet: Operation<CreateFleetRequest, CreateFleetResult> = {
  accepts: [...acceptedFleetMembers, 'ClientToken'],
  fixed: fixedFleetMembers,
  async run(input, context) {
    checkFleetKind(input);
    const { wanted, least } = fleetCapacity(input);
    const { fleet: tags } = tagsOfSpecifications(input.TagSpecifications, fleetTaggedTypes);
    const measures = await context.host.measure();
    const failures: FleetRow['failures'] = [];
    for (let group = 0; ; group++) {
      const attempt = { group, wanted, least, failures, tags, measures };
      try {
        const row = await context.catalog.write((transaction) =>
          launchFleet(transaction, input, context, attempt),
        );
        return {
          FleetId: row.id,
          Instances: row.launches.map(fleetLaunchShape),
          Errors: row.failures.map(fleetFailureShape),
        };
      } catch (error) {
        if (!(error instanceof TooFewError)) throw error;
        failures.push(...error.failures);
      }
    }
  },
};

/** Nothing of a group's launches is kept; the next group has its turn in another transaction. */
class TooFewError extends Error {
  readonly failures: FleetRow['failures'];
  constructor(failures: FleetRow['failures']) {
    super('a group of pools launches fewer instances than the least');
    this.failures = failures;
  }
}

interface Attempt {
  /** Which of the groups; after the last one nothing is launched. */
  group: number;
  /** Units; with fewer than the least nothing of the group is kept. */
  wanted: number;
  least: number;
  /** Of the groups before. */
  failures: FleetRow['failures'];
  tags: FleetRow['tags'];
  measures: HostMeasures;
}

async function launchFleet(
  transaction: CatalogTransaction,
  input: CreateFleetRequest,
  context: OperationContext,
  attempt: Attempt,
): Promise<FleetRow> {
  const { caller, clock, ids } = context;
  const { account, region } = caller;
  const now = clock.now();
  const call = {
    ...caller,
    action: 'CreateFleet',
    token: input.ClientToken,
    parameters: input,
    now,
  };
  const [id = ''] = await idempotently(transaction, call, async () => {
    const fleetId = `fleet-${ids.uuid()}`;
    const TagSpecifications = input.TagSpecifications?.filter(
      ({ ResourceType }) => ResourceType !== 'fleet',
    );
    const pools = await fleetPools(transaction, caller, input, { TagSpecifications });
    const groups = fleetGroups(pools, fleetRules(input));
    const done = await launchGroup(transaction, groups[attempt.group], fleetId, {
      ...context,
      ...attempt,
    });
    await transaction.fleets.insert({
      id: fleetId,
      account,
      region,
      createdAt: now.toISOString(),
      ...(input.ClientToken !== undefined && { clientToken: input.ClientToken }),
      config: configOf(input),
      fulfilledUnits: done.units,
      launches: done.launches,
      failures: [...attempt.failures, ...done.failures],
      tags: attempt.tags,
    });
    return [fleetId];
  });
  return requiredFleet(transaction, caller, id);
}

async function launchGroup(
  transaction: CatalogTransaction,
  pools: readonly FleetPool[] | undefined,
  fleetId: string,
  { caller, wanted, least, ...place }: OperationContext & Attempt,
): Promise<Fulfilment> {
  if (!pools) return { units: 0, launches: [], failures: [] };
  const done = await fulfil(pools, wanted, async (request) => {
    const instanceTags = { ...request.instanceTags, 'aws:ec2:fleet-id': fleetId };
    const launch = await planLaunch(transaction, caller, { ...request, instanceTags }, place);
    await insertLaunch(transaction, launch);
    return launch;
  });
  if (done.launches.length === 0 || done.units < least) throw new TooFewError(done.failures);
  return done;
}

/** As DescribeFleets shows it. */
function configOf(input: CreateFleetRequest): FleetRow['config'] {
  const { LaunchTemplateConfigs, TargetCapacitySpecification, OnDemandOptions } = input;
  return { LaunchTemplateConfigs, TargetCapacitySpecification, OnDemandOptions };
}
