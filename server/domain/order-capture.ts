/**
 * Captures as they are ordered: what CreateImage writes down (rows of the image and its snapshots;
 * CreateSnapshot's are order-snapshots.ts's), and the inputs of the tasks that carry them out
 * (tasks/create-image.ts, tasks/create-snapshot.ts, tasks/reboot.ts).
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { BackupOrigin } from '../catalog/rows/backup.ts';
import type { BlockDeviceMapping, ImageRow } from '../catalog/rows/image.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { recordMachine } from './backups/recorded-machine.ts';
import {
  checkAsSnapshots,
  checkCaptured,
  type MappingRequest,
  mappingOf,
  markEncrypted,
  mergeMappings,
} from './block-device-mappings.ts';
import type { CopySnapshotsInput } from './copies.ts';
import { imageOrFormer } from './former-images.ts';
import type { Clock, Ids } from './identity.ts';
import { watermarksOf } from './image-watermarks.ts';
import { systemOfInstance } from './images.ts';
import { currentBootMode } from './instances.ts';
import { productCodesOf } from './product-codes.ts';
import { checkNoReplacement } from './root-replacements.ts';
import { pendingSnapshot, snapshotsOfMappings } from './snapshots.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import type { Owner, Viewer } from './viewer.ts';
import { stayingVolumes } from './volume-attachments.ts';

/** What is captured into what. */
export interface VolumeCapture {
  volumeId: string;
  snapshotId: string;
}

/** Of one instance's volumes, at one point in time. */
export interface VolumeCaptures {
  captures: VolumeCapture[];
  scripts?: CaptureScripts;
}

/** What is run in the guest before it and as soon as it is cut. */
export interface CaptureScripts {
  instanceId: string;
  policyId: string;
  /** Told to both, as AWS does. */
  executionId: string;
  /** As it was when the capture was ordered; absent: there was none that could be run. */
  document?: string;
  pre: boolean;
  post: boolean;
  isNeeded: boolean;
  timeoutSeconds: number;
  retries: number;
}

export function volumeIdsOf(captures: readonly VolumeCapture[]): string[] {
  return captures.map(({ volumeId }) => volumeId);
}

export interface RebootInput {
  instanceId: string;
  reboot: boolean;
}

export interface CreateImageInput extends RebootInput {
  imageId: string;
  captures: VolumeCapture[];
}

export interface ImageOrder {
  name: string;
  description?: string;
  reboot: boolean;
  /** In place of what the instance's image says. */
  bootMode?: 'uefi';
  mappings: MappingRequest[];
  imageTags: Tags;
  snapshotTags: Tags;
  /** Where it is ordered as a backup. */
  backup?: BackupOrigin;
  /** The instance is a means to make the image: nobody restores it. */
  isBuild?: true;
}

export interface Identity {
  clock: Clock;
  ids: Ids;
}

/** The pending image with its pending snapshots and the task that completes them. */
export async function orderImage(
  transaction: CatalogTransaction,
  viewer: Viewer,
  instance: InstanceRow,
  order: ImageOrder,
  identity: Identity,
): Promise<ImageRow> {
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw new ServiceError(
      'IncorrectInstanceState',
      `An image is made of an instance that is running or stopped; '${instance.id}' is ${instance.state}.`,
    );
  }
  await checkNoReplacement(transaction, instance.id);
  if (order.bootMode && order.bootMode !== currentBootMode(instance)) {
    throw new ServiceError(
      'InvalidParameterCombination',
      `The boot mode ${order.bootMode} is for an image of an instance that was booted so; '${instance.id}' was not.`,
    );
  }
  const imageId = identity.ids.resource('ami');
  const { mappings, captures, snapshots, others } = await planCaptures(
    transaction,
    viewer,
    instance,
    order,
    { imageId, ...identity },
  );
  const image = newImage(instance, order, {
    imageId,
    mappings,
    // Those that were captured, and those that stay as they are.
    snapshots: [...snapshots, ...others],
    source: await imageOrFormer(transaction, instance.imageId),
    now: identity.clock.now(),
  });
  if (!order.isBuild) image.machine = await recordMachine(transaction, instance);
  await transaction.images.insert(image);
  for (const snapshot of snapshots) await transaction.snapshots.insert(snapshot);
  const { account, region } = viewer;
  const reboot = order.reboot && instance.state === 'running';
  const input: CreateImageInput = { imageId, instanceId: instance.id, reboot, captures };
  const { host } = instance;
  const task = { kind: 'create-image', subject: imageId, account, region, host, input };
  await transaction.tasks.insert(newTask(task, identity));
  return image;
}

async function planCaptures(
  transaction: CatalogTransaction,
  viewer: Viewer,
  instance: InstanceRow,
  order: ImageOrder,
  { imageId, clock, ids }: Identity & { imageId: string },
) {
  const attached = await stayingVolumes(transaction, instance);
  const planned = attached.map((volume) => ({ volume, snapshotId: ids.resource('snap') }));
  const others = await snapshotsOfMappings(transaction, viewer, order.mappings);
  const sizes = new Map([
    ...planned.map(({ volume, snapshotId }) => [snapshotId, volume.sizeGiB] as const),
    ...others.map((snapshot) => [snapshot.id, snapshot.volumeSizeGiB] as const),
  ]);
  const base = planned.map(({ volume, snapshotId }) => {
    const { deviceName = '', deleteOnTermination = true } = volume.attachment ?? {};
    const encrypted = volume.encryption !== undefined;
    return mappingOf(deviceName, volume, { snapshotId, deleteOnTermination, encrypted });
  });
  checkAsSnapshots(order.mappings, others);
  checkCaptured(base, order.mappings);
  const mappings = mergeMappings(base, order.mappings, instance.rootDeviceName, sizes);
  const kept = new Set(mappings.map(({ ebs }) => ebs.snapshotId));
  const captured = planned.filter(({ snapshotId }) => kept.has(snapshotId));
  const description = `Created by CreateImage(${instance.id}) for ${imageId}`;
  const about = { description, tags: order.snapshotTags, now: clock.now() };
  return {
    mappings: markEncrypted(mappings, others),
    others,
    captures: captured.map(({ volume, snapshotId }) => ({ volumeId: volume.id, snapshotId })),
    snapshots: captured.map(
      ({ volume, snapshotId }): SnapshotRow =>
        pendingSnapshot(volume, { id: snapshotId, ...about }),
    ),
  };
}

function newImage(
  instance: InstanceRow,
  order: ImageOrder,
  {
    imageId,
    mappings,
    snapshots,
    source,
    now,
  }: {
    imageId: string;
    mappings: BlockDeviceMapping[];
    snapshots: readonly SnapshotRow[];
    source: ImageRow | undefined;
    now: Date;
  },
): ImageRow {
  const { description, bootMode } = order;
  return {
    id: imageId,
    account: instance.account,
    region: instance.region,
    createdAt: now.toISOString(),
    name: order.name,
    ...(description !== undefined && { description }),
    state: 'pending',
    launchPermissions: [],
    ...systemOfInstance(instance, source),
    ...(bootMode && { bootMode }),
    blockDeviceMappings: mappings,
    ...watermarksOf(source),
    ...productCodesOf(instance, ...snapshots),
    sourceInstanceId: instance.id,
    sourceImageId: instance.imageId,
    ...(order.backup && { backup: order.backup }),
    tags: order.imageTags,
  };
}

/**
 * Captures and copies of an account of which nothing is wanted any more, neither the image nor a
 * snapshot, end and are undone.
 */
export async function cancelUnwanted(
  { tasks, snapshots, images }: CatalogTransaction,
  { account, region }: Owner,
): Promise<void> {
  const kind = ['create-image', 'create-snapshot', 'copy-snapshots'];
  for (const task of await tasks.list({ where: { account, region, kind, state: 'running' } })) {
    const input = task.input as CaptureInput;
    const id = snapshotsMadeBy(input).map(({ snapshotId }) => snapshotId);
    const wanted =
      ('imageId' in input && (await images.get(input.imageId ?? '')) !== undefined) ||
      (id.length > 0 && (await snapshots.count({ where: { id } })) > 0);
    if (!wanted) await tasks.update({ ...task, cancelled: true });
  }
}

type CaptureInput = CreateImageInput | VolumeCapture | VolumeCaptures | CopySnapshotsInput;

function snapshotsMadeBy(input: CaptureInput): readonly { snapshotId: string }[] {
  if ('captures' in input) return input.captures;
  return 'copies' in input ? input.copies : [input];
}

/** One that is being rebooted already is not rebooted twice. */
export async function orderReboot(
  { tasks }: CatalogTransaction,
  { id, account, region, host }: InstanceRow,
  identity: Identity,
): Promise<void> {
  const kind = 'reboot-instance';
  const where = { kind, subject: id, state: unfinishedStates };
  if ((await tasks.count({ where })) > 0) return;
  const input: RebootInput = { instanceId: id, reboot: true };
  await tasks.insert(newTask({ kind, subject: id, account, region, host, input }, identity));
}
