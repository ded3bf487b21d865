/**
 * What the host has for instances, and what of it is given away.
 *
 *   memory   is promised: an instance that is not at rest has its type's, out of the host's less a
 *            reserve, times the overcommit
 *   disk     is thin: what volumes really use is gone from what is free; each new one needs room to
 *            begin in
 *   vCPUs    are shared by all guests and never refused
 *
 * Below a reserve of the disk nothing is admitted that takes room, so that there is some for what
 * gives room back. The host measures itself; here is only counted. Simulated machines take no
 * memory.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import { gibBytes, mibBytes } from '../foundations/sizes.ts';
import { reservedDiskBytes } from '../host/disk-reserve.ts';
import type { DiskMeasures, HostMeasures } from '../host/host.ts';
import type { Wanted } from './free-addresses.ts';
import { type InstanceType, instanceType, instanceTypes } from './instance-types.ts';
import type { Site } from './site.ts';

interface Place {
  measures: HostMeasures;
  site: Site;
}

/** For the host's own system, for Imago, and for what each QEMU needs beside its guest's memory. */
const reservedMemoryMiB = 512;
const reservedMemoryShare = 1 / 16;
/** Of blocks that guests read: several times what a boot of Debian reads. It is in the reserve. */
export const usualBlockCacheBytes = 256 * mibBytes;
/** Enough for as many reads at once as a large host does. */
export const leastBlockCacheBytes = 64 * mibBytes;
/**
 * What a volume takes soon: a simulated one its empty layer, a real one what a guest writes while
 * it boots.
 */
const growthBytes = { simulated: mibBytes / 2, real: 32 * mibBytes };

export interface Memory {
  totalMiB: number;
  reservedMiB: number;
  /** For instances, all in all; absent where they take none. */
  budgetMiB?: number;
}

export function memoryOf(
  { memoryMiB }: HostMeasures,
  site: Pick<Site, 'simulated' | 'memoryOvercommit' | 'blockCacheBytes'>,
): Memory {
  const { blockCacheBytes = usualBlockCacheBytes } = site;
  const largerCacheMiB = Math.max(0, blockCacheBytes - usualBlockCacheBytes) / mibBytes;
  const shareMiB = Math.floor(memoryMiB * reservedMemoryShare);
  const reservedMiB = reservedMemoryMiB + shareMiB + largerCacheMiB;
  const leftMiB = Math.max(0, memoryMiB - reservedMiB);
  return {
    totalMiB: memoryMiB,
    reservedMiB,
    ...(!site.simulated && { budgetMiB: Math.floor(leftMiB * site.memoryOvercommit) }),
  };
}

/** What the instances that are not at rest have, by their types. */
export interface Committed {
  memoryMiB: number;
  vcpus: number;
}

export async function committed(reader: CatalogReader): Promise<Committed> {
  const sum = { memoryMiB: 0, vcpus: 0 };
  for (const { name, memoryMiB, vcpus } of instanceTypes) {
    const count = await reader.instances.count({ where: { livingType: name } });
    sum.memoryMiB += count * memoryMiB;
    sum.vcpus += count * vcpus;
  }
  return sum;
}

/**
 * How many of a type can begin now, with so many volumes each: as many as there is room for, up to
 * `max`.
 */
export async function fitting(
  reader: CatalogReader,
  { measures, site }: Place,
  type: InstanceType,
  { count, volumes }: { count: Wanted; volumes: number },
): Promise<number> {
  const byMemory = await fittingInMemory(reader, memoryOf(measures, site), type, count);
  const growth = volumes * (site.simulated ? growthBytes.simulated : growthBytes.real);
  const room = measures.freeDiskBytes - reservedDiskBytes(measures);
  const byDisk = Math.max(0, Math.floor(room / growth));
  if (byDisk < count.min) throw insufficient(`${diskSentence(measures)} ${makeRoom}`);
  return Math.min(byMemory, byDisk);
}

/** Stopped instances that are to start again, all or none of them. */
export async function checkMemory(
  reader: CatalogReader,
  { measures, site }: Place,
  rows: readonly InstanceRow[],
): Promise<void> {
  const memory = memoryOf(measures, site);
  const types = rows.map((row) => instanceType(row.instanceType)).filter((type) => !!type);
  const [largest] = types.toSorted((a, b) => b.memoryMiB - a.memoryMiB);
  if (memory.budgetMiB === undefined || !largest) return;
  checkSize(largest, memory.budgetMiB);
  const neededMiB = types.reduce((sum, type) => sum + type.memoryMiB, 0);
  const { memoryMiB } = await committed(reader);
  if (memoryMiB + neededMiB <= memory.budgetMiB) return;
  throw insufficient(memorySentence(memory.budgetMiB, memoryMiB, `${formatMiB(neededMiB)} more`));
}

/** On the disk of the home and, where blocks are to be written, on that of the region's store. */
export function hasDiskRoom(measures: HostMeasures, region?: string): boolean {
  const store = region === undefined ? undefined : measures.regionDisks?.[region];
  return isRoomy(measures) && (store === undefined || isRoomy(store));
}

/** On each of its disks. */
export function hasRoomEverywhere(measures: HostMeasures): boolean {
  return [measures, ...Object.values(measures.regionDisks ?? {})].every(isRoomy);
}

function isRoomy(disk: DiskMeasures): boolean {
  return disk.freeDiskBytes > reservedDiskBytes(disk);
}

/** Before anything begins that fills the disk: captures, builds of images. */
export function checkDiskRoom(measures: HostMeasures, region: string): void {
  if (hasDiskRoom(measures, region)) return;
  const full = isRoomy(measures) ? (measures.regionDisks?.[region] ?? measures) : measures;
  // Of EC2's codes the one for storage that the service lacks: not a quota of the caller's (see
  // decision 0009).
  throw new ServiceError('InsufficientVolumeCapacity', `${diskSentence(full)} ${makeRoom}`);
}

async function fittingInMemory(
  reader: CatalogReader,
  { budgetMiB }: Memory,
  type: InstanceType,
  { min, max }: Wanted,
): Promise<number> {
  if (budgetMiB === undefined) return max;
  checkSize(type, budgetMiB);
  const { memoryMiB } = await committed(reader);
  const count = Math.max(0, Math.floor((budgetMiB - memoryMiB) / type.memoryMiB));
  if (count >= min) return Math.min(count, max);
  const needed = `${formatMiB(type.memoryMiB)} for each ${type.name}`;
  throw insufficient(memorySentence(budgetMiB, memoryMiB, needed));
}

function checkSize({ name, memoryMiB }: InstanceType, budgetMiB: number): void {
  if (memoryMiB <= budgetMiB) return;
  throw insufficient(
    `${name} has ${formatMiB(memoryMiB)} of memory, and this host has ${formatMiB(budgetMiB)} for instances: choose a smaller type.`,
  );
}

function memorySentence(budgetMiB: number, takenMiB: number, needed: string): string {
  return (
    `Of the ${formatMiB(budgetMiB)} of memory that this host has for instances ${formatMiB(takenMiB)} are taken; needed: ${needed}. ` +
    'Stop or terminate instances, choose a smaller type, or let Imago promise more than there is (serve --memory-overcommit).'
  );
}

const makeRoom =
  'Terminate instances, deregister images and delete their snapshots, or free space on it otherwise.';

function diskSentence(measures: DiskMeasures): string {
  const [free, reserved] = [measures.freeDiskBytes, reservedDiskBytes(measures)].map(formatBytes);
  return `The disk of this host is nearly full: ${free} are free, of which ${reserved} are kept for Imago itself.`;
}

function insufficient(message: string): ServiceError {
  return new ServiceError('InsufficientInstanceCapacity', message);
}

function formatMiB(value: number): string {
  return formatBytes(value * mibBytes);
}

function formatBytes(bytes: number): string {
  return bytes < gibBytes
    ? `${Math.floor(bytes / mibBytes)} MiB`
    : `${(bytes / gibBytes).toFixed(1)} GiB`;
}
