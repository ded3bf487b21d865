/**
 * What CreateSnapshot and CreateSnapshots write down: pending snapshots of a volume, or of an
 * instance's volumes at one point in time, and the task that completes them.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { BackupOrigin } from '../catalog/rows/backup.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { recordSet } from './backups/snapshot-sets.ts';
import type { CaptureScripts, Identity, VolumeCapture, VolumeCaptures } from './order-capture.ts';
import { checkNoReplacement } from './root-replacements.ts';
import { pendingSnapshot } from './snapshots.ts';
import { checkedCount, filledUp, userTags } from './tags.ts';
import { newTask } from './tasks.ts';
import { stayingVolumes } from './volume-attachments.ts';

/** EC2's limit. */
const excludedMax = 40;

/** The pending snapshot and the task that completes it. */
export async function orderSnapshot(
  transaction: CatalogTransaction,
  volume: VolumeRow,
  about: { description: string; tags: Tags; backup?: BackupOrigin },
  identity: Identity,
): Promise<SnapshotRow> {
  checkCapturable(volume);
  const id = identity.ids.resource('snap');
  const { backup, ...said } = about;
  const pending = pendingSnapshot(volume, { id, ...said, now: identity.clock.now() });
  const snapshot = { ...pending, ...(backup && { backup }) };
  await transaction.snapshots.insert(snapshot);
  const input: VolumeCapture = { volumeId: volume.id, snapshotId: id };
  const { account, region, host } = volume;
  const task = { kind: 'create-snapshot', subject: id, account, region, host, input };
  await transaction.tasks.insert(newTask(task, identity));
  return snapshot;
}

export interface SnapshotsOrder {
  excludeBoot: boolean;
  excludedVolumeIds: readonly string[];
  description: string;
  tags: Tags;
  /** Those of each volume go to its snapshot, too. */
  copyTags: boolean;
  /** Where they are ordered as backups of the machine's volumes. */
  backup?: Omit<BackupOrigin, 'sourceId' | 'instanceId'>;
  scripts?: CaptureScripts;
}

/** Pending snapshots of an instance's volumes, and the one task that completes them. */
export async function orderSnapshots(
  transaction: CatalogTransaction,
  instance: InstanceRow,
  order: SnapshotsOrder,
  identity: Identity,
): Promise<readonly SnapshotRow[]> {
  await checkNoReplacement(transaction, instance.id);
  const volumes = wantedVolumes(instance, await stayingVolumes(transaction, instance), order);
  const now = identity.clock.now();
  const snapshots = volumes.map((volume): SnapshotRow => {
    checkCapturable(volume);
    const own = order.copyTags ? userTags(volume.tags) : {};
    const { description, backup } = order;
    // Tags cost no backup.
    const tags = backup ? filledUp(order.tags, own) : checkedCount({ ...own, ...order.tags });
    const id = identity.ids.resource('snap');
    return {
      ...pendingSnapshot(volume, { id, description, tags, now }),
      ...(backup && { backup: { ...backup, sourceId: volume.id, instanceId: instance.id } }),
    };
  });
  const rows = await asSet(transaction, instance, snapshots, volumes);
  for (const snapshot of rows) await transaction.snapshots.insert(snapshot);
  const captures = snapshots.map(({ id, volumeId }) => ({ volumeId, snapshotId: id }));
  const { scripts } = order;
  const input: VolumeCaptures = { captures, ...(scripts && { scripts }) };
  const { account, region, host } = instance;
  const subject = captures[0]?.snapshotId ?? '';
  const task = { kind: 'create-snapshot', subject, account, region, host, input };
  await transaction.tasks.insert(newTask(task, identity));
  return rows;
}

/** Those of backups, where the boot disk is among them, are one of the machine. */
async function asSet(
  transaction: CatalogTransaction,
  instance: InstanceRow,
  snapshots: readonly SnapshotRow[],
  volumes: readonly VolumeRow[],
): Promise<readonly SnapshotRow[]> {
  const boot = volumes.find(({ attachment }) => attachment?.deviceName === instance.rootDeviceName);
  const root = snapshots.find(({ volumeId }) => volumeId === boot?.id);
  if (!root?.backup) return snapshots;
  const set = await recordSet(transaction, instance, volumes);
  return snapshots.map(({ backup, ...row }) => ({
    ...row,
    ...(backup && { backup: { ...backup, setId: root.id } }),
    ...(row.id === root.id && { set }),
  }));
}

function wantedVolumes(
  { rootDeviceName }: InstanceRow,
  attached: readonly VolumeRow[],
  { excludeBoot, excludedVolumeIds }: SnapshotsOrder,
): VolumeRow[] {
  const boot = attached.find(({ attachment }) => attachment?.deviceName === rootDeviceName);
  if (excludedVolumeIds.length > excludedMax) {
    throw invalid(`At most ${excludedMax} volumes can be excluded.`);
  }
  for (const id of excludedVolumeIds) {
    if (id === boot?.id) {
      throw invalid(`The volume ${id} is the root volume: say ExcludeBootVolume.`);
    }
    if (!attached.some((volume) => volume.id === id)) {
      throw invalid(`The volume ${id} is not attached to the instance.`);
    }
  }
  const wanted = attached.filter(
    ({ id }) => !excludedVolumeIds.includes(id) && !(excludeBoot && id === boot?.id),
  );
  if (wanted.length === 0)
    throw invalid('No volume of the instance is left to make a snapshot of.');
  return wanted;
}

function checkCapturable({ id, state }: VolumeRow): void {
  if (state === 'in-use' || state === 'available') return;
  throw new ServiceError(
    'IncorrectState',
    `A snapshot is made of a volume that is in-use or available; '${id}' is ${state}.`,
  );
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
