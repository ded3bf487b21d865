/**
 * Fleets of type `instant`: in which order the places are tried where instances may be launched,
 * which of them go together, and how many each has to give. It launches nothing itself.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { FleetFailure, FleetLaunch, FleetPlace } from '../catalog/rows/fleet.ts';
import { instanceType as typeNamed } from './instance-types.ts';
import type { Launch, LaunchRequest } from './launch.ts';
import { findRows, requiredRow, requiredRows } from './resource-ids.ts';
import { zoneOf } from './site.ts';

export const findFleets = findRows('fleet');
export const requiredFleets = requiredRows('fleet');
export const requiredFleet = requiredRow(requiredFleets);

/** Of units and of instances, in one call; EC2 takes 10,000. */
export const fleetUnitsMax = 1000;

/** EC2's, of the templates with their overrides. */
export const fleetPoolsMax = 300;

export interface FleetPool {
  place: FleetPlace;
  instanceType: string;
  zoneId: string;
  /** The lowest number comes first; without one it comes last. */
  priority?: number;
  /** Units that an instance of it counts for. */
  weight: number;
  /** Throws what EC2 says of such a launch. */
  launch(count: number): LaunchRequest;
}

export interface FleetRules {
  strategy: 'lowest-price' | 'prioritized';
  singleInstanceType: boolean;
  singleAvailabilityZone: boolean;
}

/**
 * The pools in the order in which they are tried, in groups out of which all instances come: one
 * group, unless they are to have one type or zone.
 */
export function fleetGroups(pools: readonly FleetPool[], rules: FleetRules): FleetPool[][] {
  const ordered = [...pools].sort(rules.strategy === 'prioritized' ? byPriority : byCost);
  const groups = Map.groupBy(ordered, ({ instanceType, zoneId }) =>
    JSON.stringify([
      rules.singleInstanceType && instanceType,
      rules.singleAvailabilityZone && zoneId,
    ]),
  );
  return [...groups.values()];
}

function byPriority(one: FleetPool, other: FleetPool): number {
  const [first = Number.MAX_VALUE, second = Number.MAX_VALUE] = [one.priority, other.priority];
  return first - second;
}

/** Nothing has a price here: a unit costs the memory that it takes of the host. */
function byCost(one: FleetPool, other: FleetPool): number {
  return costOf(one) - costOf(other);
}

function costOf({ instanceType, weight }: FleetPool): number {
  return (typeNamed(instanceType)?.memoryMiB ?? Number.MAX_VALUE) / weight;
}

export interface Fulfilment {
  units: number;
  launches: FleetLaunch[];
  failures: FleetFailure[];
}

/** Pool after pool, until there are so many units; `launch` writes the rows of a launch. */
export async function fulfil(
  pools: readonly FleetPool[],
  wantedUnits: number,
  launch: (request: LaunchRequest) => Promise<Launch>,
): Promise<Fulfilment> {
  const done: Fulfilment = { units: 0, launches: [], failures: [] };
  let left = fleetUnitsMax;
  for (const { place, weight, ...pool } of pools) {
    const count = Math.min(Math.ceil((wantedUnits - done.units) / weight), left);
    if (count <= 0) break;
    try {
      const { instances } = await launch(pool.launch(count));
      const [first] = instances;
      if (!first) continue;
      left -= instances.length;
      done.units += instances.length * weight;
      done.launches.push({
        place,
        instanceIds: instances.map(({ id }) => id),
        instanceType: first.instanceType,
        availabilityZone: zoneOf(first),
        subnetId: first.subnetId,
      });
      if (instances.length < count) {
        const message = `There is room for ${instances.length} of ${count} instances.`;
        done.failures.push({ place, code: 'InsufficientInstanceCapacity', message });
      }
    } catch (error) {
      // What Imago never does is the request's fault, not the pool's.
      if (!(error instanceof ServiceError) || error.code === 'UnsupportedOperation') throw error;
      done.failures.push({ place, code: error.code, message: error.message });
    }
  }
  return done;
}
