/**
 * Who may look into an image, and which disks that are: whoever may launch it could look from
 * inside. What is encrypted is read by whoever may use its key.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { Encryption, VolumeRow } from '../catalog/rows/volume.ts';
import { checkKeyUsable, readEncryption } from './ebs-encryption.ts';
import { checkAvailable, requiredImage } from './images.ts';
import { requiredInstance } from './instances.ts';
import { checkSubscribed } from './product-codes.ts';
import { completed } from './snapshots.ts';
import type { Viewer } from './viewer.ts';
import { stayingVolumes } from './volume-attachments.ts';

export interface ReadableDisk {
  deviceName: string;
  snapshotId: string;
  /** The map of its blocks, and where that is. */
  root: string;
  region: string;
  encryption?: Encryption;
}

export interface MappedSnapshot extends Omit<ReadableDisk, 'encryption'> {
  row: SnapshotRow;
}

export interface ReadableImage {
  image: ImageRow;
  /** The one that it boots from first. */
  disks: ReadableDisk[];
}

export async function readableImage(
  reader: CatalogReader,
  viewer: Viewer,
  imageId: string,
  now: Date,
): Promise<ReadableImage> {
  const image = await requiredImage(reader, viewer, imageId);
  // Of a disabled one only its owner is told.
  if (image.state !== 'disabled') checkAvailable(image);
  await checkSubscribed(reader, viewer, image);
  const disks: ReadableDisk[] = [];
  for (const { row, ...disk } of await mappedSnapshots(reader, image)) {
    const encryption = await readEncryption(reader, viewer, row, now);
    disks.push({ ...disk, ...(encryption && { encryption }) });
  }
  return { image, disks };
}

/** Of its volumes, that of the root first. */
export async function mappedSnapshots(
  reader: CatalogReader,
  image: ImageRow,
): Promise<MappedSnapshot[]> {
  const isRoot = ({ deviceName }: { deviceName: string }) => deviceName === image.rootDeviceName;
  const mappings = image.blockDeviceMappings.toSorted(
    (a, b) => Number(isRoot(b)) - Number(isRoot(a)),
  );
  const disks: MappedSnapshot[] = [];
  for (const { deviceName, ebs } of mappings) {
    const row =
      ebs.snapshotId === undefined ? undefined : await reader.snapshots.get(ebs.snapshotId);
    if (!row) continue;
    const { id: snapshotId, root, region } = completed(row);
    disks.push({ deviceName, snapshotId, root, region, row });
  }
  return disks;
}

export interface LiveVolumes {
  imageId: string;
  /** It may be written meanwhile. */
  isLive: boolean;
  /** The disk of the image, and the volume that was made of it; the root's first. */
  pairs: { disk: ReadableDisk; volume: VolumeRow }[];
}

/** What an instance has made of the disks of its image. */
export async function volumesOfImage(
  reader: CatalogReader,
  viewer: Viewer,
  instanceId: string,
  now: Date,
): Promise<LiveVolumes> {
  const instance = await requiredInstance(reader, viewer, instanceId);
  const { imageId, state } = instance;
  if (!['running', 'stopping', 'stopped'].includes(state)) {
    throw new ServiceError(
      'IncorrectInstanceState',
      `The instance '${instanceId}' is ${state}: it has no disks to be read.`,
    );
  }
  const { disks } = await readableImage(reader, viewer, imageId, now);
  const volumes = await stayingVolumes(reader, instance);
  const pairs = disks.flatMap((disk) => {
    const volume = volumes.find(({ attachment }) => attachment?.deviceName === disk.deviceName);
    return volume ? [{ disk, volume }] : [];
  });
  for (const { volume } of pairs) await checkKeyUsable(reader, volume, now);
  return { imageId, isLive: state !== 'stopped', pairs };
}
