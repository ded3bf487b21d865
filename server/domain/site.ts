/** What the operator of this Imago offers: regions and their zones, addresses. Fixed while the process runs. */
export interface Site {
  /** The first is the default region. */
  regions: readonly string[];
  /** Machines are simulated: said in DescribeInstances' StateReason and in the log. */
  simulated: boolean;
  /** The loopback addresses that instances get as public ones, such as `127.37.0.0/16`. */
  publicNetwork: string;
  /** How much memory instances may be promised: so many times what the host has for them. */
  memoryOvercommit: number;
  /** Ports below 1024 may be bound. Otherwise port N of an instance is reached at N + `highPortOffset`. */
  lowPorts: boolean;
}

/** 22 becomes 10022. */
export const highPortOffset = 10_000;

/** Every region has one zone: its host. */
export function zoneOf(region: string): string {
  return `${region}a`;
}
