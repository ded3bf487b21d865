/** One volume out of a backup, made and attached to an instance at once. Nothing is copied. */
import { ServiceError } from '../../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../../catalog/catalog.ts';
import type { SnapshotRow } from '../../catalog/rows/snapshot.ts';
import type { VolumeRow } from '../../catalog/rows/volume.ts';
import { figuresOf, volumesMax } from '../block-device-mappings.ts';
import { placeOf } from '../device-names.ts';
import { requiredInstance } from '../instances.ts';
import type { KeyMaking } from '../kms-keys.ts';
import { newVolume } from '../new-volumes.ts';
import { type Site, zoneOf } from '../site.ts';
import { userTags } from '../tags.ts';
import type { Viewer } from '../viewer.ts';
import { attach } from '../volume-attachments.ts';
import { figuresOfVolume, volumesOf } from '../volumes.ts';
import type { BackupRow } from './backups.ts';
import { machineImageOf } from './snapshot-sets.ts';

export interface VolumeRestore {
  backup: BackupRow;
  /** Of a machine's: by its device, or as what it was; the root when absent. */
  deviceName?: string;
  volumeId?: string;
  instanceId: string;
  attachAs?: string;
}

export async function restoreVolumeTo(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { backup, deviceName, volumeId, instanceId, attachAs }: VolumeRestore,
  place: KeyMaking & { site: Site },
): Promise<VolumeRow> {
  const instance = await requiredInstance(transaction, viewer, instanceId);
  const source = await sourceOf(transaction, backup, { deviceName, volumeId });
  const order = { ...source, availabilityZone: zoneOf(instance) };
  const made = await newVolume(transaction, viewer, order, place);
  await transaction.volumes.insert(made);
  const name = attachAs ?? freeName(await volumesOf(transaction, instance), instanceId);
  const attachment = { volumeId: made.id, instanceId, deviceName: name };
  return attach(transaction, viewer, attachment, place.clock.now());
}

/** With the figures and tags that the volume had. */
async function sourceOf(
  transaction: CatalogTransaction,
  backup: BackupRow,
  { deviceName, volumeId: was }: Pick<VolumeRestore, 'deviceName' | 'volumeId'>,
) {
  const image = await machineImageOf(transaction, backup);
  if (!image) {
    if (deviceName !== undefined) throw ofOneVolume(backup.id);
    return sourceOfSnapshot(transaction, backup as SnapshotRow);
  }
  const { id, blockDeviceMappings, rootDeviceName, machine } = image;
  const recordedAs = was && machine?.volumes.find(({ volumeId }) => volumeId === was);
  const wasAt = recordedAs ? recordedAs.deviceName : undefined;
  const name = deviceName ?? wasAt ?? rootDeviceName;
  if (wasAt !== undefined && placeOf(wasAt) !== placeOf(name)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      `In ${id} the volume ${was} is ${wasAt}, and not ${name}: say one of them.`,
    );
  }
  const mapping = blockDeviceMappings.find((each) => placeOf(each.deviceName) === placeOf(name));
  const { ebs } = mapping ?? {};
  if (ebs?.snapshotId === undefined) {
    const names = blockDeviceMappings.map((each) => each.deviceName).join(', ');
    throw new ServiceError(
      'InvalidParameterValue',
      `${id} has no volume '${name}'. It has: ${names}.`,
    );
  }
  const recorded = machine?.volumes.find((each) => each.deviceName === mapping?.deviceName);
  const { snapshotId } = ebs;
  return { snapshotId, ...figuresOf(ebs), tags: userTags(recorded?.tags ?? {}) };
}

async function sourceOfSnapshot(
  { volumes }: CatalogReader,
  { id: snapshotId, volumeId, account, volumeSizeGiB: sizeGiB }: SnapshotRow,
) {
  const volume = await volumes.get(volumeId);
  if (volume?.account !== account) return { snapshotId, tags: {} };
  return { snapshotId, ...figuresOfVolume(volume), sizeGiB, tags: userTags(volume.tags) };
}

function ofOneVolume(id: string): ServiceError {
  return new ServiceError(
    'InvalidParameterCombination',
    `DeviceName is for a backup of a machine: ${id} is of one volume.`,
  );
}

/** EC2's recommended names for data volumes come first. */
function freeName(attached: readonly VolumeRow[], instanceId: string): string {
  const taken = new Set(attached.map(({ attachment }) => placeOf(attachment?.deviceName ?? '')));
  for (const letter of 'fghijklmnopqrstuvwxyzbcde') {
    if (!taken.has(letter)) return `/dev/sd${letter}`;
  }
  throw new ServiceError(
    'AttachmentLimitExceeded',
    `The instance '${instanceId}' has no name left for another of its ${volumesMax} volumes: say AttachAs.`,
  );
}
