/**
 * Block device mappings: what an image says its instances get, and what a request changes about
 * that. Merging is pure; sizes of snapshots are given by the caller. It reads no catalog.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { BlockDeviceMapping } from '../catalog/rows/image.ts';

/**
 * One entry of a request; everything but the device name may be left to the image or to the
 * defaults.
 */
export interface MappingRequest {
  deviceName: string;
  noDevice: boolean;
  snapshotId?: string;
  volumeSizeGiB?: number;
  deleteOnTermination?: boolean;
  volumeType?: string;
  iops?: number;
  throughputMibps?: number;
}

/**
 * Types without provisioned figures: the type is kept and shown; all volumes are files of one host
 * and are equally fast, as docs/compatibility.md says.
 */
const volumeTypes = new Set(['gp2', 'gp3', 'standard']);
const defaultVolumeType = 'gp3';
/** EC2's limit of these types. */
const volumeSizeMaxGiB = 16_384;
/** What a machine has slots for; EC2 allows 28 on most types. */
export const volumesMax = 26;
const deviceNamePattern = /^(\/dev\/)?(sd[a-z]([1-9]|1[0-5])?|xvd[a-z]{1,2}|vd[a-z]|hd[a-z])$/;

/** Sizes of the snapshots that a merge may name, in GiB. */
export type SnapshotSizes = ReadonlyMap<string, number>;

/**
 * EC2's rule of captures: of a volume that is there only DeleteOnTermination may be asked for in
 * another way than it is. Naming what it is asks for nothing.
 */
export function checkCaptured(
  base: readonly BlockDeviceMapping[],
  requests: readonly MappingRequest[],
): void {
  for (const { deviceName, noDevice, ...request } of requests) {
    const ebs = base.find((mapping) => mapping.deviceName === deviceName)?.ebs;
    if (!ebs || noDevice) continue;
    const { volumeSizeGiB, volumeType } = request;
    const otherSize = (volumeSizeGiB ?? ebs.volumeSizeGiB) !== ebs.volumeSizeGiB;
    const otherType = (volumeType ?? ebs.volumeType) !== ebs.volumeType;
    if (!otherSize && !otherType && request.snapshotId === undefined) continue;
    throw invalid(
      `Of the instance's device '${deviceName}' only DeleteOnTermination can be changed; its volume is of ${ebs.volumeSizeGiB} GiB and ${ebs.volumeType}.`,
    );
  }
}

/**
 * The mappings of an instance (or image): `base` as `requests` change them; the boot disk first.
 */
export function mergeMappings(
  base: readonly BlockDeviceMapping[],
  requests: readonly MappingRequest[],
  rootDeviceName: string,
  sizes: SnapshotSizes,
): BlockDeviceMapping[] {
  checkNames(requests);
  const asked = new Map(requests.map((request) => [request.deviceName, request]));
  const kept = base
    .filter(({ deviceName }) => !asked.get(deviceName)?.noDevice)
    .map((mapping) => changed(mapping, asked.get(mapping.deviceName), sizes));
  const known = new Set(base.map(({ deviceName }) => deviceName));
  const added = requests
    .filter(({ deviceName, noDevice }) => !known.has(deviceName) && !noDevice)
    .map((request) => newMapping(request, sizes));
  const all = [...kept, ...added];
  if (all.length > volumesMax) {
    throw invalid(`An instance has at most ${volumesMax} volumes.`);
  }
  const root = all.filter(({ deviceName }) => deviceName === rootDeviceName);
  if (root.length === 0) throw invalid(`The root device ${rootDeviceName} cannot be left out.`);
  return [...root, ...all.filter(({ deviceName }) => deviceName !== rootDeviceName)];
}

function checkNames(requests: readonly MappingRequest[]): void {
  const seen = new Set<string>();
  for (const { deviceName } of requests) {
    if (!deviceNamePattern.test(deviceName)) {
      throw invalid(`Invalid device name '${deviceName}'.`);
    }
    if (seen.has(deviceName)) {
      throw invalid(`The device '${deviceName}' is used in more than one block-device mapping`);
    }
    seen.add(deviceName);
  }
}

function changed(
  mapping: BlockDeviceMapping,
  request: MappingRequest | undefined,
  sizes: SnapshotSizes,
): BlockDeviceMapping {
  if (!request) return mapping;
  const { ebs } = mapping;
  if (request.snapshotId !== undefined && request.snapshotId !== ebs.snapshotId) {
    throw invalid(`The snapshot of the image's device '${mapping.deviceName}' cannot be replaced.`);
  }
  const volumeSizeGiB = request.volumeSizeGiB ?? ebs.volumeSizeGiB;
  checkSize(mapping.deviceName, volumeSizeGiB, ebs.snapshotId, sizes);
  return {
    deviceName: mapping.deviceName,
    ebs: {
      ...ebs,
      volumeSizeGiB,
      deleteOnTermination: request.deleteOnTermination ?? ebs.deleteOnTermination,
      volumeType: volumeTypeOf(request, ebs.volumeType),
    },
  };
}

function newMapping(request: MappingRequest, sizes: SnapshotSizes): BlockDeviceMapping {
  const { deviceName, snapshotId } = request;
  const snapshotSize = snapshotId === undefined ? undefined : sizes.get(snapshotId);
  const volumeSizeGiB = request.volumeSizeGiB ?? snapshotSize;
  if (volumeSizeGiB === undefined) {
    throw new ServiceError(
      'MissingParameter',
      `The device '${deviceName}' needs a VolumeSize or a SnapshotId.`,
    );
  }
  checkSize(deviceName, volumeSizeGiB, snapshotId, sizes);
  return {
    deviceName,
    ebs: {
      ...(snapshotId !== undefined && { snapshotId }),
      volumeSizeGiB,
      deleteOnTermination: request.deleteOnTermination ?? true,
      volumeType: volumeTypeOf(request, defaultVolumeType),
    },
  };
}

function checkSize(
  deviceName: string,
  sizeGiB: number,
  snapshotId: string | undefined,
  sizes: SnapshotSizes,
): void {
  if (sizeGiB < 1 || sizeGiB > volumeSizeMaxGiB) {
    throw new ServiceError(
      'InvalidParameterValue',
      `Volume of ${sizeGiB} GiB at '${deviceName}' is invalid; it has 1 to ${volumeSizeMaxGiB} GiB.`,
    );
  }
  const least = snapshotId === undefined ? undefined : sizes.get(snapshotId);
  if (least !== undefined && sizeGiB < least) {
    throw invalid(
      `Volume of size ${sizeGiB}GB is smaller than snapshot '${snapshotId}', expect size >= ${least}GB`,
    );
  }
}

function volumeTypeOf(request: MappingRequest, otherwise: string): string {
  const type = request.volumeType ?? otherwise;
  if (!volumeTypes.has(type)) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The volume type '${type}' is not offered; use one of ${[...volumeTypes].join(', ')}.`,
    );
  }
  checkFigure('iops', type, request.iops, gp3.iops);
  checkFigure('throughput', type, request.throughputMibps, gp3.throughputMibps);
  return type;
}

/** What every gp3 volume has unless more is asked (and paid) for. */
export const gp3 = { iops: 3000, throughputMibps: 125 };

/** EC2's baseline: three for each GiB. */
export function gp2Iops(sizeGiB: number): number {
  return Math.min(Math.max(3 * sizeGiB, 100), 16_000);
}

function checkFigure(name: string, type: string, wanted: number | undefined, usual: number): void {
  if (wanted === undefined) return;
  if (type !== 'gp3') {
    throw new ServiceError(
      'InvalidParameterCombination',
      `The parameter ${name} is not supported for ${type} volumes.`,
    );
  }
  if (wanted !== usual) {
    throw new ServiceError(
      'UnsupportedOperation',
      `Imago offers ${name} of gp3 volumes only as ${usual}; ${wanted} would have no effect.`,
    );
  }
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidBlockDeviceMapping', message);
}
