/**
 * The instance types that Imago offers: EC2's names for so many virtual CPUs and so much memory.
 * What else EC2 attaches to a name (credits, bandwidth, local disks) Imago does not have and does
 * not claim.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CpuCredits } from '../catalog/rows/instance.ts';

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

export function requiredInstanceType(name: string): InstanceType {
  const type = instanceType(name);
  if (type) return type;
  const known = instanceTypes.map((type) => type.name).join(', ');
  throw new ServiceError(
    'InvalidParameterValue',
    `Invalid value '${name}' for InstanceType. There are: ${known}.`,
  );
}

/** Processors as the guest sees them. */
export interface CpuTopology {
  coreCount: number;
  threadsPerCore: number;
}

export function cpuTopology({ vcpus }: InstanceType): CpuTopology {
  return { coreCount: vcpus, threadsPerCore: 1 };
}

/** What a launch asked for, or the type's. */
export function cpuTopologyOf(
  { cpuOptions }: { cpuOptions?: CpuTopology },
  type: InstanceType,
): CpuTopology {
  return cpuOptions ?? cpuTopology(type);
}

/** As EC2: as many cores as the type has processors or fewer, with one thread or two each. */
export function validCpuOptions({ vcpus }: InstanceType) {
  const cores = [...Array(vcpus).keys()].map((index) => index + 1);
  return { cores, threads: vcpus > 1 ? [1, 2] : [1] };
}

/** Undefined where a launch asks for nothing; what it leaves out is the type's. */
export function checkedCpuOptions(
  type: InstanceType,
  wanted: Partial<CpuTopology>,
): CpuTopology | undefined {
  const { coreCount, threadsPerCore } = wanted;
  if (coreCount === undefined && threadsPerCore === undefined) return undefined;
  const threads = threadsPerCore ?? 1;
  const cores = coreCount ?? Math.floor(type.vcpus / threads);
  const valid = validCpuOptions(type);
  if (valid.threads.includes(threads) && valid.cores.includes(cores)) {
    if (cores * threads <= type.vcpus) return { coreCount: cores, threadsPerCore: threads };
  }
  throw new ServiceError(
    'InvalidParameterValue',
    `An instance of type ${type.name} cannot have ${cores} cores of ${threads} threads: it has ${type.vcpus} processors at most, and ${valid.threads.join(' or ')} threads in a core.`,
  );
}

/** Types whose processors EC2 gives by credits. */
export function isBurstable(typeName: string): boolean {
  return /^t\d/.test(typeName);
}

/** EC2's defaults of the families. */
export function cpuCreditsOf({
  instanceType: typeName,
  cpuCredits,
}: {
  instanceType: string;
  cpuCredits?: CpuCredits;
}): CpuCredits | undefined {
  if (!isBurstable(typeName)) return undefined;
  return cpuCredits ?? (typeName.startsWith('t2.') ? 'standard' : 'unlimited');
}

export function checkCpuCredits({ name }: InstanceType, wanted: CpuCredits | undefined): void {
  if (wanted === undefined || isBurstable(name)) return;
  throw new ServiceError(
    'InvalidParameterCombination',
    `The instance type ${name} does not support a credit specification.`,
  );
}
