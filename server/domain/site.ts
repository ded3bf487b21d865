/**
 * What the operator of this Imago offers: regions and their zones, addresses. Fixed while the
 * process runs.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { FilePlaces } from './file-places.ts';
import { zoneIdOf, zoneName } from './regions.ts';

export interface Site {
  /** The host on which whatever is made here is, `h-…`. */
  hostId: string;
  /** The first is the default region. */
  regions: readonly string[];
  /** How many zones each region has: all are this host, as networks and clients tell them apart. */
  zones: number;
  /** Machines are simulated: said in DescribeInstances' StateReason and in the log. */
  simulated: boolean;
  /** The loopback addresses that instances get as public ones, such as `127.37.0.0/16`. */
  publicNetwork: string;
  /** How much memory instances may be promised: so many times what the host has for them. */
  memoryOvercommit: number;
  /** For blocks that guests read; absent where machines are simulated, and read none. */
  blockCacheBytes?: number;
  /** Where disk files come from and go to; absent: from and to clients only. */
  filePlaces?: FilePlaces;
}

/** Where what does not say it is. */
export function firstZone(region: string): string {
  return zoneName(region, 0);
}

export function zonesOf({ zones }: Pick<Site, 'zones'>, region: string): string[] {
  return [...Array(zones).keys()].map((index) => zoneName(region, index));
}

/** Instances of before there were several zones do not say it. */
export function zoneOf({
  availabilityZone,
  region,
}: {
  availabilityZone?: string;
  region: string;
}): string {
  return availabilityZone ?? firstZone(region);
}

/** The zone that a request names or gives the id of, if any. */
export function checkedZone(
  site: Pick<Site, 'zones'>,
  region: string,
  { name, id }: { name?: string; id?: string },
): string | undefined {
  if (name === undefined && id === undefined) return undefined;
  const zones = zonesOf(site, region);
  const found = zones.find((zone) => zone === name || zoneIdOf(zone) === id);
  if (found !== undefined) return found;
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid availability zone: [${name ?? id}]. There are: ${zones.join(', ')}.`,
  );
}

/** Regions that a request names. */
export function checkedRegions({ regions }: Site, names: readonly string[]): string[] {
  const unknown = names.find((name) => !regions.includes(name));
  if (unknown === undefined) return [...new Set(names)];
  throw new ServiceError(
    'InvalidParameterValue',
    `There is no region '${unknown}' here. There are: ${regions.join(', ')}.`,
  );
}
