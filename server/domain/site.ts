/**
 * What the operator of this Imago offers: regions and their zones, addresses. Fixed while the
 * process runs.
 */
import { ServiceError } from '../../api/service-error.ts';

export interface Site {
  /** The host on which whatever is made here is, `h-…`. */
  hostId: string;
  /** The first is the default region. */
  regions: readonly string[];
  /** Machines are simulated: said in DescribeInstances' StateReason and in the log. */
  simulated: boolean;
  /** The loopback addresses that instances get as public ones, such as `127.37.0.0/16`. */
  publicNetwork: string;
  /** How much memory instances may be promised: so many times what the host has for them. */
  memoryOvercommit: number;
}

/** Every region has one zone: its host. */
export function zoneOf(region: string): string {
  return `${region}a`;
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
