/**
 * What CreateReplaceRootVolumeTask checks and writes down: the new volume, unattached, the task's
 * row as clients see it, and the durable task. What becomes of them is root-replacements.ts's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { RootReplacementRow } from '../catalog/rows/root-replacement.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { VolumeRow } from '../catalog/rows/volume.ts';
import { volumeEncryption } from './ebs-encryption.ts';
import { currentBootMode, incorrectState, requiredInstance } from './instances.ts';
import type { KeyMaking } from './kms-keys.ts';
import { launchableImage } from './launch-image.ts';
import { checkSubscribed, productCodesOf } from './product-codes.ts';
import { notFound } from './resource-ids.ts';
import {
  checkNoReplacement,
  type ReplaceRootVolumeInput,
  replaceRootVolumeKind,
} from './root-replacements.ts';
import { type CompletedSnapshot, completed, requiredSnapshot } from './snapshots.ts';
import { newTask } from './tasks.ts';
import type { Viewer } from './viewer.ts';
import { figuresOfVolume, requiredVolume, volumesOf } from './volumes.ts';

interface RootReplacementOrder {
  instanceId: string;
  /** At most one of these; without, the root's launch state. */
  snapshotId?: string;
  imageId?: string;
  volumeId?: string;
  deleteReplaced: boolean;
  tags: Tags;
}

export async function orderRootReplacement(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: RootReplacementOrder,
  making: KeyMaking,
): Promise<RootReplacementRow> {
  const { clock, ids } = making;
  const { snapshotId, imageId, volumeId, deleteReplaced, tags } = order;
  const instance = await requiredInstance(transaction, viewer, order.instanceId);
  const old = await replaceableRoot(transaction, instance);
  const now = clock.now();
  const given = [snapshotId, imageId, volumeId].filter((id) => id !== undefined);
  if (given.length > 1) {
    throw invalidCombination('Specify one of SnapshotId, ImageId and VolumeId, or none of them.');
  }
  let volume: VolumeRow;
  if (volumeId === undefined) {
    const image = imageId === undefined ? undefined : { imageId, now };
    const source = image
      ? await rootOfImage(transaction, viewer, instance, image)
      : await rootOfLineage(transaction, viewer, { instance, old, snapshotId });
    volume = {
      ...replacementVolume(old, source, ids.resource('vol'), now),
      ...(await replacementEncryption(transaction, viewer, { old, source }, making)),
    };
    await transaction.volumes.insert(volume);
  } else {
    volume = await freeVolume(transaction, viewer, old, volumeId);
    await transaction.volumes.update({ ...volume, state: 'in-use' });
  }
  await checkSubscribed(transaction, viewer, instance, volume);
  const { account, region, host } = instance;
  const row: RootReplacementRow = {
    id: ids.resource('replacevol'),
    account,
    region,
    createdAt: now.toISOString(),
    instanceId: instance.id,
    state: 'pending',
    ...(snapshotId !== undefined && { snapshotId }),
    ...(imageId !== undefined && { imageId }),
    volumeId: volume.id,
    ...(volumeId !== undefined && { isOwnVolume: true }),
    replacedVolumeId: old.id,
    replacedImageId: instance.imageId,
    deleteReplaced,
    tags,
  };
  await transaction.rootReplacements.insert(row);
  const input: ReplaceRootVolumeInput = {
    replacementId: row.id,
    instanceId: instance.id,
    reboot: true,
  };
  const task = { kind: replaceRootVolumeKind, subject: instance.id, account, region, host, input };
  await transaction.tasks.insert(newTask(task, { clock, ids }));
  return row;
}

async function replaceableRoot(reader: CatalogReader, instance: InstanceRow): Promise<VolumeRow> {
  if (instance.state !== 'running') throw incorrectState(instance, 'given another root volume');
  await checkNoReplacement(reader, instance.id);
  const root = (await volumesOf(reader, instance)).find(
    ({ attachment }) => attachment?.deviceName === instance.rootDeviceName,
  );
  if (root) return root;
  throw new ServiceError(
    'IncorrectState',
    `The instance '${instance.id}' has no root volume attached.`,
  );
}

/** The snapshot that the root was made of, or one that was made of a root of this instance. */
async function rootOfLineage(
  reader: CatalogReader,
  viewer: Viewer,
  from: { instance: InstanceRow; old: VolumeRow; snapshotId?: string },
): Promise<CompletedSnapshot | undefined> {
  const { instance, old, snapshotId = old.snapshotId } = from;
  if (snapshotId === undefined) return undefined;
  if (from.snapshotId === undefined) {
    // The right to it came with the image.
    const launched = await reader.snapshots.get(snapshotId);
    if (!launched) throw notFound('snapshot', [snapshotId]);
    return completed(launched);
  }
  const snapshot = completed(await requiredSnapshot(reader, viewer, snapshotId));
  const roots = [old.id, ...(instance.formerRootVolumeIds ?? [])];
  if (snapshot.volumeId !== undefined && roots.includes(snapshot.volumeId)) return snapshot;
  throw new ServiceError(
    'InvalidParameterValue',
    `The snapshot '${snapshotId}' was not created from a root volume of the instance '${instance.id}'.`,
  );
}

/** Of an image with the key characteristics of the instance; its other volumes are left out. */
async function rootOfImage(
  reader: CatalogReader,
  viewer: Viewer,
  instance: InstanceRow,
  { imageId, now }: { imageId: string; now: Date },
): Promise<CompletedSnapshot> {
  const { instanceType } = instance;
  const image = await launchableImage(reader, viewer, { imageId, instanceType }, now);
  const differs = differenceOf(instance, image);
  if (differs !== undefined) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The ${differs} of the image '${imageId}' is not that of the instance '${instance.id}'.`,
    );
  }
  const mapping = image.blockDeviceMappings.find(
    ({ deviceName }) => deviceName === image.rootDeviceName,
  );
  const snapshotId = mapping?.ebs.snapshotId ?? '';
  const snapshot = await reader.snapshots.get(snapshotId);
  if (!snapshot) throw notFound('snapshot', [snapshotId]);
  return completed(snapshot);
}

function differenceOf(instance: InstanceRow, image: ImageRow): string | undefined {
  if (image.architecture !== instance.architecture) return 'architecture';
  const { bootMode = 'legacy-bios' } = image;
  const boots = [currentBootMode(instance), 'uefi-preferred'].includes(bootMode);
  if (!boots) return 'boot mode';
  if (image.tpmSupport !== instance.tpmSupport) return 'TPM support';
  const codes = ({ productCodes = [] }: Pick<ImageRow, 'productCodes'>) =>
    productCodes.toSorted().join();
  return codes(image) === codes(instance) ? undefined : 'product code';
}

async function freeVolume(
  reader: CatalogReader,
  viewer: Viewer,
  old: VolumeRow,
  id: string,
): Promise<VolumeRow> {
  const volume = await requiredVolume(reader, viewer, id);
  if (volume.state !== 'available' || volume.attachment) {
    throw new ServiceError(
      'IncorrectState',
      `The volume '${id}' is not available; its state is ${volume.state}.`,
    );
  }
  if (volume.availabilityZone !== old.availabilityZone || volume.host !== old.host) {
    throw new ServiceError(
      'InvalidVolume.ZoneMismatch',
      `The volume '${id}' is not in the same availability zone as the instance.`,
    );
  }
  return volume;
}

/** What was encrypted stays so, under its key. */
function replacementEncryption(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { old, source }: { old: VolumeRow; source: CompletedSnapshot | undefined },
  making: KeyMaking,
) {
  const kmsKeyId = old.encryption?.keyId;
  const request = kmsKeyId === undefined ? {} : { encrypted: true, kmsKeyId };
  return volumeEncryption(transaction, viewer, request, source, making);
}

/** As large as the old one at least; what is attached like it comes with the attachment. */
function replacementVolume(
  old: VolumeRow,
  source: CompletedSnapshot | undefined,
  id: string,
  now: Date,
): VolumeRow {
  const { account, region, host, availabilityZone } = old;
  return {
    id,
    account,
    region,
    createdAt: now.toISOString(),
    host,
    state: 'creating',
    ...figuresOfVolume(old),
    sizeGiB: Math.max(old.sizeGiB, source?.volumeSizeGiB ?? 0),
    ...(source && {
      snapshotId: source.id,
      ...productCodesOf(source),
    }),
    availabilityZone,
    layers: [{ number: 0, fresh: true }],
    nextLayer: 1,
    tags: {},
  };
}

function invalidCombination(message: string): ServiceError {
  return new ServiceError('InvalidParameterCombination', message);
}
