/** What the operator of this Imago offers: regions and their zones. Fixed while the process runs. */
export interface Site {
  /** The first is the default region. */
  regions: readonly string[];
  /** Machines are simulated: said in DescribeInstances' StateReason and in the log. */
  simulated: boolean;
}

/** Every region has one zone: its host. */
export function zoneOf(region: string): string {
  return `${region}a`;
}
