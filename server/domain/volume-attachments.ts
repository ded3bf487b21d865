/**
 * Volumes as disks of instances, put there and taken away after the launch:
 *
 *   available --AttachVolume--> attaching --machine has it--> attached
 *   attached --DetachVolume--> detaching --asked, and kept--> busy --let go--> available
 *                                  \-----------------let go-------------------/
 *
 * On an instance that is stopped both are done when they are written down. Who moves: requests into
 * `attaching` and `detaching`; the driver out of them, as the machine answers. The volume keeps its
 * slot (`index`) for as long as it is attached; 0 is the boot disk's.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { InstanceRow } from '../catalog/rows/instance.ts';
import type { VolumeAttachment, VolumeRow } from '../catalog/rows/volume.ts';
import { volumesMax } from './block-device-mappings.ts';
import { checkAttachable, placeOf } from './device-names.ts';
import { checkKeyUsable } from './ebs-encryption.ts';
import { imageOrFormer } from './former-images.ts';
import { requiredInstance } from './instances.ts';
import { checkSubscribed, productCodesOf } from './product-codes.ts';
import { checkNoReplacement } from './root-replacements.ts';
import { zoneOf } from './site.ts';
import type { Viewer } from './viewer.ts';
import { checkNotBeingCut, requiredVolume, volumesOf } from './volumes.ts';

/** Machines of before there were root ports take disks at their start only, and fewer. */
const formerVolumesMax = 26;

export interface AttachOrder {
  volumeId: string;
  instanceId: string;
  deviceName: string;
}

/** The volume as it is now; the instance too, where the volume is of a product. */
export async function attach(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { volumeId, instanceId, deviceName }: AttachOrder,
  now: Date,
): Promise<VolumeRow> {
  const volume = await requiredVolume(transaction, viewer, volumeId);
  const instance = await requiredInstance(transaction, viewer, instanceId);
  checkFree(volume);
  checkPlace(volume, instance);
  checkInstance(instance);
  await checkNoReplacement(transaction, instance.id);
  await checkNotBeingCut(transaction, volume);
  await checkKeyUsable(transaction, volume, now);
  const index = freeSlot(instance, await volumesOf(transaction, instance), deviceName);
  if (volume.productCodes) await takeCodes(transaction, viewer, instance, volume);
  const attachment: VolumeAttachment = {
    instanceId,
    deviceName,
    index,
    deleteOnTermination: false,
    attachedAt: now.toISOString(),
    ...(instance.state === 'running' && { state: 'attaching' }),
  };
  return transaction.volumes.update({ ...volume, state: 'in-use', attachment });
}

function checkFree({ id, state, attachment }: VolumeRow): void {
  if (attachment || state === 'in-use') {
    const to = attachment ? ` ${attachment.instanceId}` : '';
    throw new ServiceError('VolumeInUse', `${id} is already attached to an instance${to}`);
  }
  if (state !== 'available') throw incorrectState(`Volume '${id}' is in the '${state}' state.`);
}

function checkPlace(volume: VolumeRow, instance: InstanceRow): void {
  if (volume.availabilityZone === zoneOf(instance) && volume.host === instance.host) return;
  throw new ServiceError(
    'InvalidVolume.ZoneMismatch',
    `The volume '${volume.id}' is not in the same availability zone as instance '${instance.id}'`,
  );
}

function checkInstance({ id, state, machine }: InstanceRow): void {
  if (state !== 'running' && state !== 'stopped') {
    throw incorrectState(`Instance '${id}' is not 'running'.`);
  }
  if (state === 'running' && machine && isFormer(machine)) {
    throw new ServiceError(
      'UnsupportedOperation',
      `The machine of '${id}' is of an older Imago and takes no disks while it runs: stop the instance first.`,
    );
  }
}

const isFormer = ({ layout = 1 }: NonNullable<InstanceRow['machine']>) => layout === 1;

/** For a device of this name, which no other has under whatever name. */
function freeSlot(
  { id, state, rootDeviceName, machine }: InstanceRow,
  attached: readonly VolumeRow[],
  deviceName: string,
): number {
  checkAttachable(deviceName);
  const place = placeOf(deviceName);
  const names = attached.map(({ attachment }) => attachment?.deviceName ?? '');
  const isTaken = names.some((name) => placeOf(name) === place);
  const isRoots = place === placeOf(rootDeviceName);
  if (isTaken || (isRoots && state !== 'stopped')) {
    throw invalid(
      `Invalid value '${deviceName}' for unixDevice. Attachment point ${deviceName} is already in use`,
    );
  }
  if (isRoots && deviceName !== rootDeviceName) {
    throw invalid(
      `Invalid value '${deviceName}' for unixDevice. The root device of ${id} is ${rootDeviceName}.`,
    );
  }
  if (isRoots) return 0;
  const max = machine && isFormer(machine) ? formerVolumesMax : volumesMax;
  const taken = new Set(attached.map(({ attachment }) => attachment?.index));
  for (let index = 1; index < max; index++) if (!taken.has(index)) return index;
  throw new ServiceError(
    'AttachmentLimitExceeded',
    `The instance '${id}' has the ${max} volumes that it can have, its root volume included.`,
  );
}

/** A product goes with its volume: to those who may use it, and to what can be told at a start. */
async function takeCodes(
  transaction: CatalogTransaction,
  viewer: Viewer,
  instance: InstanceRow,
  volume: VolumeRow,
): Promise<void> {
  checkStoppedForCodes(volume, instance, 'attach');
  await checkSubscribed(transaction, viewer, volume);
  await transaction.instances.update({ ...instance, ...productCodesOf(instance, volume) });
}

function checkStoppedForCodes(
  volume: VolumeRow,
  { id, state }: InstanceRow,
  verb: 'attach' | 'detach',
): void {
  if (state === 'stopped') return;
  const way = verb === 'attach' ? 'to' : 'from';
  throw new ServiceError(
    'IncorrectInstanceState',
    `Unable to ${verb} volume '${volume.id}' with Marketplace codes ${way} instance '${id}' as the instance is not in the 'stopped' state.`,
  );
}

export interface DetachOrder {
  volumeId: string;
  instanceId?: string;
  deviceName?: string;
  force: boolean;
}

export interface Detached {
  volume: VolumeRow;
  /** What is left of it, or was. */
  attachment: VolumeAttachment;
}

export async function detach(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: DetachOrder,
): Promise<Detached> {
  const { force } = order;
  const volume = await requiredVolume(transaction, viewer, order.volumeId);
  const attachment = requiredAttachment(volume, order);
  const instance = await requiredInstance(transaction, viewer, attachment.instanceId);
  checkDetachable(volume, attachment, instance, force);
  await checkNoReplacement(transaction, instance.id);
  await checkNotBeingCut(transaction, volume);
  if (volume.productCodes) {
    checkStoppedForCodes(volume, instance, 'detach');
    await giveCodes(transaction, instance, volume);
  }
  if (instance.state === 'stopped') {
    return { volume: await transaction.volumes.update(detached(volume)), attachment };
  }
  const leaving: VolumeAttachment = {
    ...attachment,
    state: attachment.state === 'busy' ? 'busy' : 'detaching',
    ...(force && { force: true }),
  };
  const row = await transaction.volumes.update({ ...volume, attachment: leaving });
  return { volume: row, attachment: leaving };
}

function requiredAttachment(
  { id, state, attachment }: VolumeRow,
  { instanceId, deviceName }: DetachOrder,
): VolumeAttachment {
  if (!attachment) throw incorrectState(`Volume '${id}' is in the '${state}' state.`);
  const isMeant =
    (instanceId ?? attachment.instanceId) === attachment.instanceId &&
    (deviceName ?? attachment.deviceName) === attachment.deviceName;
  if (isMeant) return attachment;
  const to = instanceId === undefined ? '' : ` to instance '${instanceId}'`;
  const as = deviceName === undefined ? '' : ` as device '${deviceName}'`;
  throw new ServiceError(
    'InvalidAttachment.NotFound',
    `The volume '${id}' is not attached${to}${as}.`,
  );
}

function checkDetachable(
  { id, state }: VolumeRow,
  attachment: VolumeAttachment,
  instance: InstanceRow,
  force: boolean,
): void {
  const isRoot = attachment.deviceName === instance.rootDeviceName;
  if (isRoot && instance.state !== 'stopped') {
    throw new ServiceError(
      'OperationNotPermitted',
      `Unable to detach root volume '${id}' from instance '${instance.id}'`,
    );
  }
  if (instance.state !== 'running' && instance.state !== 'stopped') {
    throw incorrectState(`Instance '${instance.id}' is not 'running'.`);
  }
  const isLeaving = attachment.state === 'detaching' || attachment.state === 'busy';
  if (state === 'in-use' && (!isLeaving || (force && !attachment.force))) return;
  throw incorrectState(`Volume '${id}' is in the '${attachment.state ?? state}' state.`);
}

/** What remains of the instance's product codes: its image's, and those of its other volumes. */
async function giveCodes(
  transaction: CatalogTransaction,
  instance: InstanceRow,
  volume: VolumeRow,
): Promise<void> {
  const others = (await volumesOf(transaction, instance)).filter(({ id }) => id !== volume.id);
  const image = await imageOrFormer(transaction, instance.imageId);
  const { productCodes: _, ...uncoded } = instance;
  await transaction.instances.update({ ...uncoded, ...productCodesOf(image ?? {}, ...others) });
}

/** Its machine has it. */
export function attached(volume: VolumeRow): VolumeRow {
  if (volume.attachment?.state !== 'attaching') return volume;
  const { state: _, ...attachment } = volume.attachment;
  return { ...volume, attachment };
}

/** The guest was asked to let go of it, and has not. */
export function kept(volume: VolumeRow): VolumeRow {
  const { attachment } = volume;
  if (attachment?.state !== 'detaching') return volume;
  return { ...volume, attachment: { ...attachment, state: 'busy' } };
}

export function isLeaving({ attachment }: VolumeRow): boolean {
  return attachment?.state === 'detaching' || attachment?.state === 'busy';
}

/** Those of an instance that do not leave it; what leaves is not captured with it. */
export async function stayingVolumes(
  reader: CatalogReader,
  instance: Pick<InstanceRow, 'id'>,
): Promise<VolumeRow[]> {
  return (await volumesOf(reader, instance)).filter((volume) => !isLeaving(volume));
}

/** Its machine has let go of it. */
export function detached(volume: VolumeRow): VolumeRow {
  const { attachment: _, ...rest } = volume;
  return { ...rest, state: 'available' };
}

/** What becomes of it when its machine has ended and the instance has not. */
export function atRest(volume: VolumeRow): VolumeRow {
  return isLeaving(volume) ? detached(volume) : attached(volume);
}

/** A machine has a disk to start from. */
export async function checkHasRoot(reader: CatalogReader, instance: InstanceRow): Promise<void> {
  const { id, rootDeviceName } = instance;
  const volumes = await volumesOf(reader, instance);
  if (volumes.some(({ attachment }) => attachment?.deviceName === rootDeviceName)) return;
  throw invalid(
    `Invalid value '${id}' for instanceId. Instance does not have a volume attached at root (${rootDeviceName})`,
  );
}

function incorrectState(message: string): ServiceError {
  return new ServiceError('IncorrectState', message);
}

function invalid(message: string): ServiceError {
  return new ServiceError('InvalidParameterValue', message);
}
