/**
 * Images that are stored as one file in a folder, and restored from it: what CreateStoreImageTask
 * and CreateRestoreImageTask write down, and what such a file says of its image. What a file says
 * is somebody's word: it is checked as a request is.
 */
import { ServiceError } from '../../api/service-error.ts';
import { type Digest, isDigest } from '../blocks/block-store.ts';
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { StoreImageTaskRow } from '../catalog/rows/export-task.ts';
import type { BlockDeviceMapping, ImageRow } from '../catalog/rows/image.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import { checkDeviceName, markEncrypted } from './block-device-mappings.ts';
import { type CopyEncryption, readEncryption, restoredEncryption } from './ebs-encryption.ts';
import { type ExportIdentity, exportableImage, rootsOf } from './exports.ts';
import { checkDescription, checkName, systemOf } from './images.ts';
import { encryptionArn, type KeyMaking } from './kms-keys.ts';
import { begunSnapshot } from './snapshots.ts';
import { checkedTags, userTags } from './tags.ts';
import { newTask } from './tasks.ts';
import type { Viewer } from './viewer.ts';

/** EC2's limit of ids in one call. */
export const storedImageIdsMax = 20;
const disksMax = 26;
const volumeMaxGiB = 65_536;

/** What the file says of its image. */
export interface StoredImageManifest {
  kind: 'imago-image';
  storedAt: string;
  owner: { account: string; region: string };
  imageId: string;
  name: string;
  description?: string;
  system: ReturnType<typeof systemOf>;
  /** Of a disk that has something on it: its number among `disks`. */
  mappings: {
    deviceName: string;
    disk?: number;
    ebs: Omit<BlockDeviceMapping['ebs'], 'snapshotId'>;
  }[];
  disks: {
    root: Digest;
    volumeSizeGiB: number;
    description: string;
    /** The ARN of the key that its blocks are sealed under. Absent: they are plain. */
    key?: string;
    tags: Tags;
  }[];
  tags: Tags;
}

export interface StoreImageInput {
  storeId: string;
  folder: string;
  key: string;
  manifest: StoredImageManifest;
  /** Where the maps that it names are. */
  sources: { root: string; region: string }[];
}

/** The newest come first in the order of their ids. */
export function storeTaskId(at: Date, unique: string): string {
  const left = Number.MAX_SAFE_INTEGER - at.getTime();
  return `store-${String(left).padStart(16, '0')}-${unique}`;
}

export async function orderImageStore(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { imageId, folder }: { imageId: string; folder: string },
  identity: ExportIdentity,
): Promise<StoreImageTaskRow> {
  const now = identity.clock.now();
  const image = await exportableImage(transaction, viewer, imageId);
  const roots = await rootsOf(transaction, viewer, image);
  const ids = roots.map(({ snapshotId }) => snapshotId);
  const snapshots = await transaction.snapshots.list({ where: { id: ids } });
  // What the file has of it nobody can read without the key: as who stores it may.
  for (const row of snapshots) await readEncryption(transaction, viewer, row, now);
  const { account, region } = viewer;
  const row: StoreImageTaskRow = {
    id: storeTaskId(now, identity.ids.uuid()),
    account,
    region,
    createdAt: now.toISOString(),
    imageId: image.id,
    state: 'InProgress',
    progressPercent: 0,
    folder,
    // EC2's own.
    key: `${image.id}.bin`,
  };
  await transaction.storeImageTasks.insert(row);
  const disks = roots.map(({ root, snapshotId }) => {
    const snapshot = snapshots.find(({ id }) => id === snapshotId);
    if (!snapshot) throw new Error(`${snapshotId} is gone`);
    const own = snapshot.account === account;
    const { volumeSizeGiB, description } = snapshot;
    const key = encryptionArn(snapshot);
    const tags = own ? userTags(snapshot.tags) : {};
    return { root, volumeSizeGiB, description, ...(key !== undefined && { key }), tags };
  });
  const input: StoreImageInput = {
    storeId: row.id,
    folder,
    key: row.key,
    manifest: manifestOf(image, viewer, { ids, disks, now }),
    sources: roots.map(({ root, region: at }) => ({ root, region: at })),
  };
  const task = {
    kind: 'store-image',
    subject: row.id,
    account,
    region,
    host: identity.hostId,
    input,
  };
  await transaction.tasks.insert(newTask(task, identity));
  return row;
}

interface ManifestParts {
  /** Of the snapshots, in the order of `disks`. */
  ids: readonly string[];
  disks: StoredImageManifest['disks'];
  now: Date;
}

function manifestOf(
  image: ImageRow,
  { account, region }: Viewer,
  { ids, disks, now }: ManifestParts,
): StoredImageManifest {
  return {
    kind: 'imago-image',
    storedAt: now.toISOString(),
    owner: { account, region },
    imageId: image.id,
    name: image.name,
    ...(image.description !== undefined && { description: image.description }),
    system: systemOf(image),
    mappings: image.blockDeviceMappings.map(({ deviceName, ebs: { snapshotId, ...ebs } }) => ({
      deviceName,
      ...(snapshotId !== undefined && { disk: ids.indexOf(snapshotId) }),
      ebs,
    })),
    disks,
    tags: image.account === account ? userTags(image.tags) : {},
  };
}

export interface RestoreImageInput {
  imageId: string;
  folder: string;
  key: string;
  /** By which it is the same file when it is opened again. */
  validator: string;
  /** The maps are not in the store yet: collection has nothing to look at. */
  copies: RestoredDisk[];
}

/** What it is sealed under there, and is to be here. */
export interface RestoredDisk extends CopyEncryption {
  snapshotId: string;
  map: Digest;
  volumeSizeGiB: number;
}

export interface ImageRestoreOrder {
  folder: string;
  key: string;
  validator: string;
  manifest: StoredImageManifest;
  name?: string;
  imageTags: Tags;
  snapshotTags: Tags;
}

/** The pending image over pending snapshots, and the task that completes them. */
export async function orderImageRestore(
  transaction: CatalogTransaction,
  viewer: Viewer & { operator: boolean },
  order: ImageRestoreOrder,
  identity: ExportIdentity & KeyMaking,
): Promise<ImageRow> {
  const { manifest, folder, key, validator, name = manifest.name } = order;
  // Whoever has an account may name any file of the folder: what others stored is not theirs.
  if (manifest.owner.account !== viewer.account && !viewer.operator) {
    throw new ServiceError(
      'AuthFailure',
      `The image ${key} was stored by account ${manifest.owner.account}; an operator may restore it.`,
    );
  }
  await checkName(transaction, viewer, name);
  const now = identity.clock.now();
  const at = now.toISOString();
  const { account, region } = viewer;
  const owned = { account, region, createdAt: at };
  const imageId = identity.ids.resource('ami');
  const ids: string[] = [];
  const copies: RestoreImageInput['copies'] = [];
  const made: SnapshotRow[] = [];
  for (const { root, volumeSizeGiB, description, key, tags } of manifest.disks) {
    const id = identity.ids.resource('snap');
    const how = await restoredEncryption(transaction, viewer, key, identity);
    const about = { id, description, now, volumeSizeGiB, encryption: how.encryption };
    const tagged = { ...about, tags: { ...tags, ...order.snapshotTags } };
    const row = begunSnapshot(viewer, tagged);
    await transaction.snapshots.insert(row);
    made.push(row);
    ids.push(id);
    copies.push({ snapshotId: id, map: root, volumeSizeGiB, ...how });
  }
  const mappings = manifest.mappings.map(({ deviceName, disk, ebs }) => {
    const snapshotId = disk === undefined ? undefined : ids[disk];
    return { deviceName, ebs: { ...(snapshotId !== undefined && { snapshotId }), ...ebs } };
  });
  const image: ImageRow = {
    ...owned,
    id: imageId,
    name,
    ...(manifest.description !== undefined && { description: manifest.description }),
    state: 'pending',
    launchPermissions: [],
    ...manifest.system,
    blockDeviceMappings: markEncrypted(mappings, made),
    tags: { ...manifest.tags, ...order.imageTags },
  };
  await transaction.images.insert(image);
  const input: RestoreImageInput = { imageId, folder, key, validator, copies };
  const kind = 'restore-image';
  const task = { kind, subject: imageId, account, region, host: identity.hostId, input };
  await transaction.tasks.insert(newTask(task, identity));
  return image;
}

/** Throws what a request would be told. */
export function checkedManifest(value: unknown): StoredImageManifest {
  try {
    return parsedManifest(value);
  } catch (error) {
    if (error instanceof ServiceError) throw error;
    throw damaged();
  }
}

/** Members are taken one by one: what else is in it has no effect. */
function parsedManifest(value: unknown): StoredImageManifest {
  const given = value as StoredImageManifest;
  const { owner, system } = given;
  if (given.kind !== 'imago-image') throw damaged();
  const disks = given.disks.map(parsedDisk);
  if (disks.length === 0 || disks.length > disksMax || given.mappings.length > disksMax) {
    throw damaged();
  }
  const description = given.description === undefined ? undefined : textOf(given.description);
  checkDescription(description);
  const manifest: StoredImageManifest = {
    kind: 'imago-image',
    storedAt: textOf(given.storedAt),
    owner: { account: textOf(owner.account), region: textOf(owner.region) },
    imageId: textOf(given.imageId),
    name: textOf(given.name),
    ...(description !== undefined && { description }),
    system: parsedSystem(system),
    mappings: given.mappings.map((mapping) => parsedMapping(mapping, disks.length)),
    disks,
    tags: parsedTags(given.tags),
  };
  const root = manifest.mappings.find(({ deviceName }) => deviceName === system.rootDeviceName);
  const names = new Set(manifest.mappings.map(({ deviceName }) => deviceName));
  if (root?.disk === undefined || names.size < manifest.mappings.length) throw damaged();
  return manifest;
}

function parsedDisk(disk: StoredImageManifest['disks'][number]) {
  const { root, volumeSizeGiB } = disk;
  if (!isDigest(root)) throw damaged();
  const description = textOf(disk.description);
  checkDescription(description);
  const key = disk.key === undefined ? undefined : textOf(disk.key);
  return {
    root,
    volumeSizeGiB: gibOf(volumeSizeGiB),
    description,
    ...(key !== undefined && { key }),
    tags: parsedTags(disk.tags),
  };
}

function parsedMapping(
  { deviceName, disk, ebs }: StoredImageManifest['mappings'][number],
  disks: number,
): StoredImageManifest['mappings'][number] {
  checkDeviceName(textOf(deviceName));
  if (disk !== undefined && !(Number.isInteger(disk) && disk >= 0 && disk < disks)) throw damaged();
  const { volumeSizeGiB, deleteOnTermination, volumeType } = ebs;
  if (!['gp2', 'gp3', 'io1', 'io2', 'st1', 'sc1', 'standard'].includes(volumeType)) throw damaged();
  return {
    deviceName,
    ...(disk !== undefined && { disk }),
    ebs: {
      volumeSizeGiB: gibOf(volumeSizeGiB),
      deleteOnTermination: deleteOnTermination === true,
      volumeType,
    },
  };
}

function parsedSystem(system: StoredImageManifest['system']): StoredImageManifest['system'] {
  const { architecture, rootDeviceName, bootMode, platform, uefiData } = system;
  const modes = [undefined, 'legacy-bios', 'uefi', 'uefi-preferred'];
  if (architecture !== 'x86_64' || !modes.includes(bootMode)) throw damaged();
  return {
    architecture,
    rootDeviceName: textOf(rootDeviceName),
    ...(platform === 'windows' && { platform }),
    ...(bootMode && { bootMode }),
    ...(uefiData !== undefined && { uefiData: textOf(uefiData) }),
    ...(system.tpmSupport === 'v2.0' && { tpmSupport: 'v2.0' }),
    ...(system.imdsSupport === 'v2.0' && { imdsSupport: 'v2.0' }),
    ...(system.enaSupport === true && { enaSupport: true }),
    ...(system.sriovNetSupport === 'simple' && { sriovNetSupport: 'simple' }),
  };
}

function parsedTags(tags: Tags): Tags {
  return checkedTags(Object.entries(tags).map(([Key, Value]) => ({ Key, Value: textOf(Value) })));
}

function gibOf(value: number): number {
  if (Number.isInteger(value) && value >= 1 && value <= volumeMaxGiB) return value;
  throw damaged();
}

function textOf(value: string): string {
  if (typeof value === 'string') return value;
  throw damaged();
}

function damaged(): ServiceError {
  return new ServiceError('InvalidParameterValue', 'The object is no image that was stored.');
}
