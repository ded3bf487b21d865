/**
 * The instance types that Imago offers: EC2's names for so many virtual CPUs and so much memory.
 * What else EC2 attaches to a name (credits, bandwidth, local disks) Imago does not have and does
 * not claim.
 */
export interface InstanceType {
  name: string;
  vcpus: number;
  memoryMiB: number;
}

const gib = 1024;

const table: readonly [name: string, vcpus: number, memoryMiB: number][] = [
  ['m1.small', 1, 1740],
  ['t2.nano', 1, gib / 2],
  ['t2.micro', 1, gib],
  ['t2.small', 1, 2 * gib],
  ['t2.medium', 2, 4 * gib],
  ['t2.large', 2, 8 * gib],
  ['t2.xlarge', 4, 16 * gib],
  ['t2.2xlarge', 8, 32 * gib],
  ['t3.nano', 2, gib / 2],
  ['t3.micro', 2, gib],
  ['t3.small', 2, 2 * gib],
  ['t3.medium', 2, 4 * gib],
  ['t3.large', 2, 8 * gib],
  ['t3.xlarge', 4, 16 * gib],
  ['t3.2xlarge', 8, 32 * gib],
  ['c5.large', 2, 4 * gib],
  ['c5.xlarge', 4, 8 * gib],
  ['c5.2xlarge', 8, 16 * gib],
  ['m5.large', 2, 8 * gib],
  ['m5.xlarge', 4, 16 * gib],
  ['m5.2xlarge', 8, 32 * gib],
  ['r5.large', 2, 16 * gib],
  ['r5.xlarge', 4, 32 * gib],
  ['r5.2xlarge', 8, 64 * gib],
];

/** EC2's own default of RunInstances. */
export const defaultInstanceType = 'm1.small';

/** In order of name. */
export const instanceTypes: readonly InstanceType[] = table
  .map(([name, vcpus, memoryMiB]) => ({ name, vcpus, memoryMiB }))
  .sort((a, b) => (a.name < b.name ? -1 : 1));

const byName = new Map(instanceTypes.map((type) => [type.name, type]));

export function instanceType(name: string): InstanceType | undefined {
  return byName.get(name);
}
