/**
 * What is known of the system on a snapshot, and the image that a drill boots of it: one that is in
 * no catalog, made for that launch.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import { imageOfSet, isSet } from '../backups/snapshot-sets.ts';
import { imageUsing, seesImage, systemOf, systemOfInstance } from '../images.ts';
import { isOwn, type Viewer } from '../viewer.ts';

export type SnapshotSystem = ReturnType<typeof systemOf>;

const usualRootDevice = '/dev/xvda';

/**
 * From the machine that it remembers, or from what it is the root of: an image, or the instance
 * that its volume is attached to.
 */
export async function knownSystem(
  reader: CatalogReader,
  viewer: Viewer,
  snapshot: SnapshotRow,
): Promise<SnapshotSystem | undefined> {
  if (isSet(snapshot) && isOwn(viewer, snapshot)) return snapshot.set.system;
  const image = await imageUsing(reader, snapshot);
  const isRoot = image?.blockDeviceMappings.some(
    ({ deviceName, ebs }) => deviceName === image.rootDeviceName && ebs.snapshotId === snapshot.id,
  );
  if (image && isRoot && seesImage(viewer, image)) return systemOf(image);
  const volume = await reader.volumes.get(snapshot.volumeId);
  const { instanceId = '', deviceName } = volume?.attachment ?? {};
  const instance = await reader.instances.get(instanceId);
  if (!instance || instance.rootDeviceName !== deviceName || !isOwn(snapshot, instance)) {
    return undefined;
  }
  return systemOfInstance(instance, undefined);
}

export function foundSystem(bootMode: ImageRow['bootMode']): SnapshotSystem {
  return {
    architecture: 'x86_64',
    rootDeviceName: usualRootDevice,
    ...(bootMode && { bootMode }),
  };
}

/** All of a machine whose boot disk the snapshot is of, where that is known, and else that disk. */
export async function drilledImage(
  reader: CatalogReader,
  viewer: Viewer,
  snapshot: SnapshotRow,
  about: { system: SnapshotSystem; id: string },
): Promise<ImageRow> {
  if (!isSet(snapshot) || !isOwn(viewer, snapshot)) return imageOfSnapshot(snapshot, about);
  const { image, lost } = await imageOfSet(reader, snapshot);
  if (lost.length > 0) {
    const which = `${lost.join(', ')} of the machine of ${snapshot.id}`;
    throw new ServiceError('InvalidSnapshot.NotFound', `The snapshots of ${which} are no more.`);
  }
  return { ...image, id: snapshot.set.imageId };
}

function imageOfSnapshot(
  { id: snapshotId, account, region, createdAt, volumeSizeGiB, encryption }: SnapshotRow,
  { system, id }: { system: SnapshotSystem; id: string },
): ImageRow {
  const ebs = {
    ...{ snapshotId, volumeSizeGiB, deleteOnTermination: true, volumeType: 'gp3' },
    ...(encryption && { encrypted: true as const }),
  };
  return {
    ...{ id, account, region, createdAt, name: snapshotId, state: 'available' },
    launchPermissions: [],
    ...system,
    blockDeviceMappings: [{ deviceName: system.rootDeviceName, ebs }],
    tags: {},
  };
}
