/**
 * EC2's volume types: how large a volume of each may be, and what can be provisioned for it. All
 * are files of one host; what tells them apart is what was asked for: a volume that was given IOPS
 * or a throughput has those and no more, any other is as fast as the host.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { VolumeFigures } from '../catalog/rows/volume.ts';
import { mibBytes } from '../foundations/sizes.ts';

interface Range {
  min: number;
  max: number;
}

interface VolumeType {
  sizeGiB: Range;
  /** Absent: nobody chooses them. */
  iops?: Range & {
    perGiB: number;
    /** What it has unless more is asked for; absent: it must be said. */
    usual?: number;
  };
  throughputMiBps?: Range & { perIops: number; usual: number };
  /** Of the whole volume, where throughput follows from IOPS. */
  throughputMaxMiBps?: number;
  /** A machine does not start from it. */
  isDataOnly?: true;
}

const hardDisk: VolumeType = { sizeGiB: { min: 125, max: 16_384 }, isDataOnly: true };

/** EC2's limits. */
const types: Record<string, VolumeType> = {
  gp2: { sizeGiB: { min: 1, max: 16_384 } },
  gp3: {
    sizeGiB: { min: 1, max: 65_536 },
    iops: { min: 3000, max: 80_000, perGiB: 500, usual: 3000 },
    throughputMiBps: { min: 125, max: 2000, perIops: 0.25, usual: 125 },
  },
  io1: {
    sizeGiB: { min: 4, max: 16_384 },
    iops: { min: 100, max: 64_000, perGiB: 50 },
    throughputMaxMiBps: 1000,
  },
  io2: {
    sizeGiB: { min: 4, max: 65_536 },
    iops: { min: 100, max: 256_000, perGiB: 1000 },
    throughputMaxMiBps: 4000,
  },
  st1: hardDisk,
  sc1: hardDisk,
  standard: { sizeGiB: { min: 1, max: 1024 } },
};

export function isVolumeType(name: string): boolean {
  return Object.hasOwn(types, name);
}

/** Of a mapping that names none; Imago's images are of it. */
export const defaultMappingType = 'gp3';
/** EC2's of CreateVolume and CopyVolumes. */
export const defaultVolumeType = 'gp2';
/** EC2's of ModifyVolume, to a type for which they must be said otherwise. */
const modifiedIops = 3000;

/** The largest operation that EC2 counts as one, of types whose throughput follows from IOPS. */
const operationMiB = 0.25;

export function neededIops(volumeType: string): number | undefined {
  const { iops } = requiredType(volumeType);
  return iops && iops.usual === undefined ? modifiedIops : undefined;
}

function requiredType(name: string): VolumeType {
  const type = Object.hasOwn(types, name) ? types[name] : undefined;
  if (type) return type;
  throw new ServiceError(
    'UnknownVolumeType',
    `The specified volume type '${name}' is unsupported. The supported volume types are ${Object.keys(types).join(', ')}.`,
  );
}

/** What may be a volume of this type, as its row says it. */
export function checkedFigures(figures: VolumeFigures): VolumeFigures {
  const { volumeType, sizeGiB, iops, throughputMiBps } = figures;
  const type = requiredType(volumeType);
  checkSize(type, figures);
  checkIops(type, figures);
  checkThroughput(type, figures);
  return {
    sizeGiB,
    volumeType,
    ...(iops !== undefined && { iops }),
    ...(throughputMiBps !== undefined && { throughputMiBps }),
  };
}

function checkSize({ sizeGiB: range }: VolumeType, { volumeType, sizeGiB }: VolumeFigures): void {
  const volume = `Volume of ${sizeGiB}GiB is too`;
  if (sizeGiB < range.min) {
    throw invalid(`${volume} small for volume type ${volumeType}; minimum is ${range.min}GiB.`);
  }
  if (sizeGiB > range.max) {
    throw invalid(`${volume} large for volume type ${volumeType}; maximum is ${range.max}GiB.`);
  }
}

function checkIops({ iops: range }: VolumeType, figures: VolumeFigures): void {
  const { volumeType, sizeGiB, iops } = figures;
  if (iops === undefined) {
    if (!range || range.usual !== undefined) return;
    throw new ServiceError(
      'MissingParameter',
      `The parameter iops must be specified for ${volumeType} volumes.`,
    );
  }
  if (!range) throw notOfType('iops', volumeType);
  checkRange('IOPS', iops, range, volumeType);
  if (iops > Math.max(range.usual ?? 0, range.perGiB * sizeGiB)) {
    throw invalid(
      `Iops to volume size ratio of ${iops / sizeGiB} is too high; maximum is ${range.perGiB} for ${volumeType} volumes.`,
    );
  }
}

function checkThroughput({ iops: ofIops, throughputMiBps: range }: VolumeType, of: VolumeFigures) {
  const { volumeType, iops = ofIops?.usual ?? 0, throughputMiBps: wanted } = of;
  if (wanted === undefined) return;
  if (!range) throw notOfType('throughput', volumeType);
  checkRange('throughput', wanted, range, volumeType);
  if (wanted > range.perIops * iops) {
    throw invalid(
      `Throughput (MiBps) to iops ratio of ${wanted / iops} is too high; maximum is ${range.perIops} MiBps per iops.`,
    );
  }
}

function checkRange(what: string, value: number, { min, max }: Range, volumeType: string): void {
  if (value >= min && value <= max) return;
  throw invalid(
    `Volume ${what} of ${value} is invalid for volume type ${volumeType}; it is from ${min} to ${max}.`,
  );
}

export function checkBootable(volumeType: string): void {
  if (!requiredType(volumeType).isDataOnly) return;
  throw new ServiceError(
    'InvalidBlockDeviceMapping',
    `Volumes of type ${volumeType} cannot be used as boot volumes.`,
  );
}

/** What EC2 shows: what was asked for, or what a volume of the type has at least. */
export function shownFigures(
  figures: VolumeFigures,
): Pick<VolumeFigures, 'iops' | 'throughputMiBps'> {
  const { volumeType, sizeGiB } = figures;
  const type = types[volumeType];
  return {
    iops: figures.iops ?? (volumeType === 'gp2' ? gp2Iops(sizeGiB) : type?.iops?.usual),
    throughputMiBps: figures.throughputMiBps ?? type?.throughputMiBps?.usual,
  };
}

/** EC2's baseline: three for each GiB. */
function gp2Iops(sizeGiB: number): number {
  return Math.min(Math.max(3 * sizeGiB, 100), 16_000);
}

export interface VolumeLimits {
  iops: number;
  bytesPerSecond: number;
}

/** What its disk is held to; undefined where nobody asked for anything. */
export function volumeLimits(figures: VolumeFigures): VolumeLimits | undefined {
  if (figures.iops === undefined && figures.throughputMiBps === undefined) return undefined;
  const { iops = 0, throughputMiBps } = shownFigures(figures);
  const { throughputMaxMiBps = Number.POSITIVE_INFINITY } = types[figures.volumeType] ?? {};
  const mibps = throughputMiBps ?? Math.min(iops * operationMiB, throughputMaxMiBps);
  return { iops, bytesPerSecond: Math.floor(mibps * mibBytes) };
}

function notOfType(name: string, volumeType: string): ServiceError {
  return new ServiceError(
    'InvalidParameterCombination',
    `The parameter ${name} is not supported for ${volumeType} volumes.`,
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
