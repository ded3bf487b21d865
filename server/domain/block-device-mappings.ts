/**
 * Block device mappings: what an image says its instances get, and what a request changes about
 * that. Merging is pure; sizes of snapshots are given by the caller. It reads no catalog.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { BlockDeviceMapping } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { VolumeFigures } from '../catalog/rows/volume.ts';
import { isMappable, placeOf } from './device-names.ts';
import { checkBootable, checkedFigures, defaultMappingType, shownFigures } from './volume-types.ts';

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
  throughputMiBps?: number;
  encrypted?: boolean;
  /** Of launches. */
  kmsKeyId?: string;
}

/** EC2's limit of most types, and what a machine has slots for. */
export const volumesMax = 28;

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
    if (request.encrypted && !ebs.encrypted) {
      throw invalid(`The volume of the device '${deviceName}' is not encrypted.`);
    }
    const is = { ...shownFigures(figuresOf(ebs)), ...ebs };
    const { volumeSizeGiB, volumeType, iops, throughputMiBps } = request;
    const asked = { volumeSizeGiB, volumeType, iops, throughputMiBps };
    const names = Object.keys(asked) as (keyof typeof asked)[];
    const isOther = names.some((name) => asked[name] !== undefined && asked[name] !== is[name]);
    if (!isOther && request.snapshotId === undefined) continue;
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
  checkNames(base, requests);
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
  for (const { ebs } of root) checkBootable(ebs.volumeType);
  return [...root, ...all.filter(({ deviceName }) => deviceName !== rootDeviceName)];
}

/** No place twice, under whatever names; what the base has is as it is. */
function checkNames(
  base: readonly BlockDeviceMapping[],
  requests: readonly MappingRequest[],
): void {
  const seen = new Set<string>();
  for (const { deviceName } of requests) {
    checkDeviceName(deviceName);
    if (seen.has(deviceName)) {
      throw invalid(`The device '${deviceName}' is used in more than one block-device mapping`);
    }
    seen.add(deviceName);
  }
  const leaves = new Set(requests.filter((each) => each.noDevice).map((each) => each.deviceName));
  const kept = base.map(({ deviceName }) => deviceName).filter((name) => !leaves.has(name));
  const names = new Map(kept.map((name) => [placeOf(name), name]));
  for (const { deviceName, noDevice } of requests) {
    if (noDevice || kept.includes(deviceName)) continue;
    const other = names.get(placeOf(deviceName));
    if (other !== undefined) {
      throw invalid(`The device '${deviceName}' is another name of '${other}', which is used.`);
    }
    names.set(placeOf(deviceName), deviceName);
  }
}

export function checkDeviceName(name: string): void {
  if (!isMappable(name)) throw invalid(`Invalid device name '${name}'.`);
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
  const { iops, throughputMiBps, volumeType = ebs.volumeType } = request;
  const kept = volumeType === ebs.volumeType ? ebs : undefined;
  const figures = checkedFigures({
    sizeGiB: request.volumeSizeGiB ?? ebs.volumeSizeGiB,
    volumeType,
    iops: iops ?? kept?.iops,
    throughputMiBps: throughputMiBps ?? kept?.throughputMiBps,
  });
  const { snapshotId } = ebs;
  checkFits(figures, snapshotId, sizes);
  const deleteOnTermination = request.deleteOnTermination ?? ebs.deleteOnTermination;
  const { encrypted } = ebs;
  return mappingOf(mapping.deviceName, figures, { snapshotId, deleteOnTermination, encrypted });
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
  const { iops, throughputMiBps, volumeType = defaultMappingType } = request;
  const asked = { sizeGiB: volumeSizeGiB, volumeType, iops, throughputMiBps };
  const figures = checkedFigures(asked);
  checkFits(figures, snapshotId, sizes);
  const { deleteOnTermination = true } = request;
  // One that is made of a snapshot is as that is, or as a launch says.
  const encrypted = snapshotId === undefined && request.encrypted;
  return mappingOf(deviceName, figures, { snapshotId, deleteOnTermination, encrypted });
}

interface OfDevice {
  snapshotId?: string;
  deleteOnTermination: boolean;
  encrypted?: boolean;
}

/** Of a volume that is attached as this device. */
export function mappingOf(
  deviceName: string,
  figures: VolumeFigures,
  { snapshotId, deleteOnTermination, encrypted }: OfDevice,
): BlockDeviceMapping {
  const { sizeGiB: volumeSizeGiB, volumeType, iops, throughputMiBps } = figures;
  return {
    deviceName,
    ebs: {
      ...(snapshotId !== undefined && { snapshotId }),
      volumeSizeGiB,
      deleteOnTermination,
      volumeType,
      ...(iops !== undefined && { iops }),
      ...(throughputMiBps !== undefined && { throughputMiBps }),
      ...(encrypted && { encrypted }),
    },
  };
}

/** The volume that a mapping promises. */
export function figuresOf({
  volumeSizeGiB: sizeGiB,
  volumeType,
  iops,
  throughputMiBps,
}: BlockDeviceMapping['ebs']): VolumeFigures {
  return {
    sizeGiB,
    volumeType,
    ...(iops !== undefined && { iops }),
    ...(throughputMiBps !== undefined && { throughputMiBps }),
  };
}

function checkFits(
  { sizeGiB }: VolumeFigures,
  snapshotId: string | undefined,
  sizes: SnapshotSizes,
): void {
  const least = snapshotId === undefined ? undefined : sizes.get(snapshotId);
  if (least === undefined || sizeGiB >= least) return;
  throw invalid(
    `Volume of size ${sizeGiB}GB is smaller than snapshot '${snapshotId}', expect size >= ${least}GB`,
  );
}

/**
 * EC2's rule of images: of a device with a snapshot nothing is said of encryption. Saying what the
 * snapshot is asks for nothing.
 */
export function checkAsSnapshots(
  requests: readonly MappingRequest[],
  snapshots: readonly Pick<SnapshotRow, 'id' | 'encryption'>[],
): void {
  for (const { deviceName, snapshotId, encrypted } of requests) {
    const snapshot = snapshots.find(({ id }) => id === snapshotId);
    if (!snapshot || encrypted === undefined) continue;
    if (encrypted === (snapshot.encryption !== undefined)) continue;
    throw invalid(
      `The device '${deviceName}' is encrypted as its snapshot is: Encrypted cannot be given with ${snapshot.id}.`,
    );
  }
}

/** As an image shows it: what is made of an encrypted snapshot is encrypted. */
export function markEncrypted(
  mappings: readonly BlockDeviceMapping[],
  snapshots: readonly Pick<SnapshotRow, 'id' | 'encryption'>[],
): BlockDeviceMapping[] {
  const encrypted = new Set(snapshots.filter((row) => row.encryption).map(({ id }) => id));
  return mappings.map((mapping) =>
    encrypted.has(mapping.ebs.snapshotId ?? '')
      ? { ...mapping, ebs: { ...mapping.ebs, encrypted: true } }
      : mapping,
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidBlockDeviceMapping', message);
}
