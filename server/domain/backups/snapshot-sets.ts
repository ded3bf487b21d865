/**
 * Snapshots of an instance's volumes that were taken at one point in time, as a backup of the
 * instance: that of the boot disk remembers the machine, and all of them which one that is. It is
 * launched as an image of them would be; none is registered, so that nothing is left that would
 * keep the snapshots from being removed.
 */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader } from '../../catalog/catalog.ts';
import { setKey } from '../../catalog/rows/backup.ts';
import type { ImageRow } from '../../catalog/rows/image.ts';
import type { InstanceRow } from '../../catalog/rows/instance.ts';
import type { RecordedSet } from '../../catalog/rows/recorded-machine.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { mappingOf, markEncrypted } from '../block-device-mappings.ts';
import { imageOrFormer } from '../former-images.ts';
import { systemOfInstance } from '../images.ts';
import { recordMachine } from './recorded-machine.ts';

/** To be written into the snapshot of the boot disk, in the transaction that orders the set. */
export async function recordSet(
  reader: CatalogReader,
  instance: InstanceRow,
  taken: readonly VolumeRow[],
): Promise<RecordedSet> {
  const source = await imageOrFormer(reader, instance.imageId);
  return {
    machine: await recordMachine(reader, instance),
    imageId: instance.imageId,
    system: systemOfInstance(instance, source),
    taken: taken.map(({ id: volumeId, attachment }) => ({
      deviceName: attachment?.deviceName ?? '',
      volumeId,
      deleteOnTermination: attachment?.deleteOnTermination ?? true,
    })),
  };
}

/** The snapshot of a boot disk with the machine. */
export type SetRow = SnapshotRow & { set: RecordedSet };

export function isSet(row: { id: string }): row is SetRow {
  return 'set' in row && row.set !== undefined;
}

/** By which all that was taken with it is found, in its region. */
export function keyOfSet(root: SetRow): string {
  return setKey(root, root.backup?.setId ?? root.id);
}

export interface SetPart {
  deviceName: string;
  /** Absent: it is no more. */
  snapshot?: SnapshotRow;
}

/** Of each volume that was taken its snapshot, or a copy of it, as it is in the region. */
export async function partsOfSet({ snapshots }: CatalogReader, root: SetRow): Promise<SetPart[]> {
  const rows = (await snapshots.list({ where: { backupSet: keyOfSet(root) } })).sort(bestFirst);
  return root.set.taken.map(({ deviceName, volumeId }) => {
    const isRoot = deviceName === root.set.system.rootDeviceName;
    const snapshot = isRoot ? root : rows.find(({ backup }) => backup?.sourceId === volumeId);
    return { deviceName, ...(snapshot && { snapshot }) };
  });
}

/** Ready to be read, then the oldest: copies have the same bytes. */
export function bestFirst(one: SnapshotRow, other: SnapshotRow): number {
  const ready = ({ root }: SnapshotRow) => Number(root !== undefined);
  return ready(other) - ready(one) || one.createdAt.localeCompare(other.createdAt);
}

export async function isWholeSet(reader: CatalogReader, root: SetRow): Promise<boolean> {
  const parts = await partsOfSet(reader, root);
  return parts.every(({ snapshot }) => snapshot?.state === 'completed');
}

/** As an image of the set would be; `lost`: devices whose snapshots are no more. */
export async function imageOfSet(
  reader: CatalogReader,
  root: SetRow,
): Promise<{ image: ImageRow; lost: string[] }> {
  const { id, account, region, createdAt, set } = root;
  const { machine, system, taken } = set;
  const parts = await partsOfSet(reader, root);
  const kept = parts.flatMap(({ snapshot }) => snapshot ?? []);
  const mappings = parts.flatMap(({ deviceName, snapshot }) => {
    const volume = machine.volumes.find((each) => each.deviceName === deviceName);
    const { deleteOnTermination = true } =
      taken.find((each) => each.deviceName === deviceName) ?? {};
    if (!volume || !snapshot) return [];
    // What came from another Imago says of its volumes what it likes.
    const sizeGiB = Math.max(volume.sizeGiB, snapshot.volumeSizeGiB);
    const figures = { ...volume, sizeGiB };
    return [mappingOf(deviceName, figures, { snapshotId: snapshot.id, deleteOnTermination })];
  });
  const image: ImageRow = {
    id,
    account,
    region,
    createdAt,
    name: id,
    state: 'available',
    launchPermissions: [],
    ...system,
    blockDeviceMappings: markEncrypted(mappings, kept),
    machine,
    tags: {},
  };
  const lost = parts.filter(({ snapshot }) => !snapshot).map(({ deviceName }) => deviceName);
  return { image, lost };
}

/** The image that a backup of a machine is, or would be; nothing of the snapshot of a volume alone. */
export async function machineImageOf(
  reader: CatalogReader,
  row: ImageRow | SnapshotRow,
): Promise<ImageRow | undefined> {
  if ('blockDeviceMappings' in row) return row;
  return isSet(row) ? (await imageOfSet(reader, row)).image : undefined;
}

/** The snapshot is one of a boot disk that has the machine. */
export function requiredSet(row: SnapshotRow): SetRow {
  if (isSet(row)) return row;
  const isOfSet = row.backup?.setId !== undefined;
  const advice = isOfSet ? ' Its machine is restored by the snapshot of the boot disk.' : '';
  throw new ServiceError(
    'InvalidParameterValue',
    `${row.id} is of a volume: RestoreVolume gives that to an instance.${advice}`,
  );
}
