/**
 * Copies of snapshots and images, within a region and from one region into another: what
 * CopySnapshot and CopyImage write down, and the input of the task that carries them out
 * (tasks/copy-snapshots.ts). What is copied is what the caller sees and may read, where it is.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { BackupOrigin } from '../catalog/rows/backup.ts';
import { type ImageRow, snapshotIdsOf } from '../catalog/rows/image.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import { checkAllowed } from './allowed-images.ts';
import { recordedMachine } from './backups/recorded-machine.ts';
import { markEncrypted } from './block-device-mappings.ts';
import { copiedConsistency } from './consistency.ts';
import { copyEncryption, type EncryptionRequest } from './ebs-encryption.ts';
import { watermarksOf } from './image-watermarks.ts';
import { checkAvailable, requiredImage, systemOf } from './images.ts';
import type { KeyMaking } from './kms-keys.ts';
import {
  begunSnapshot,
  type CompletedSnapshot,
  completed,
  noVolumeId,
  requiredSnapshot,
  seesSnapshot,
} from './snapshots.ts';
import { checkedCount, userTags } from './tags.ts';
import { newTask } from './tasks.ts';
import type { Viewer } from './viewer.ts';

export interface CopySnapshotsInput {
  copies: SnapshotCopy[];
  /** That they are copied for. */
  imageId?: string;
}

export interface SnapshotCopy {
  /** Of the copy. */
  snapshotId: string;
  /** Where the original is, whatever becomes of its row: its map is read there. */
  region: string;
  root: string;
  fullSizeBytes: number;
  /** How its blocks are opened; absent: they are plain. */
  source?: Encryption;
  /** Of the copy. */
  encryption?: { keyId: string };
}

interface Identity extends KeyMaking {
  hostId: string;
}

export interface SnapshotOrder extends EncryptionRequest {
  sourceRegion: string;
  sourceId: string;
  description: string;
  tags: Tags;
  /** Where it is ordered as a backup. */
  backup?: BackupOrigin;
}

/** The pending copy, and the task that completes it. */
export async function orderSnapshotCopy(
  transaction: CatalogTransaction,
  viewer: Viewer,
  { sourceRegion, sourceId, description, tags, backup, ...request }: SnapshotOrder,
  identity: Identity,
): Promise<SnapshotRow> {
  const there = { ...viewer, region: sourceRegion };
  const source = completed(await requiredSnapshot(transaction, there, sourceId));
  const id = identity.ids.resource('snap');
  const how = await copyEncryption(transaction, viewer, request, source, identity);
  const about = {
    id,
    description,
    tags: { ...tags, ...copiedConsistency(source) },
    now: identity.clock.now(),
  };
  const copy = {
    ...copiedSnapshot(source, viewer, { ...about, encryption: how.encryption }),
    ...originOfCopy(source, viewer, backup),
  };
  await transaction.snapshots.insert(copy);
  await orderTask(transaction, viewer, { copies: [{ ...copyOf(source, id), ...how }] }, identity);
  return copy;
}

export interface ImageCopyOrder extends EncryptionRequest {
  sourceRegion: string;
  sourceId: string;
  name: string;
  description?: string;
  copyTags: boolean;
  imageTags: Tags;
  snapshotTags: Tags;
  /** Where it is ordered as a backup. */
  backup?: BackupOrigin;
}

/** The pending image over pending copies of its snapshots, and the task that completes them. */
export async function orderImageCopy(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: ImageCopyOrder,
  identity: Identity,
): Promise<ImageRow> {
  const there = { ...viewer, region: order.sourceRegion };
  const now = identity.clock.now();
  const source = await requiredImage(transaction, there, order.sourceId);
  await checkAllowed(transaction, there, source, now);
  checkAvailable(source);
  const originals = await readableSnapshots(transaction, there, source);
  checkCodes(source, viewer);
  const imageId = identity.ids.resource('ami');
  const ids = new Map<string, string>();
  const copies: SnapshotCopy[] = [];
  const made: SnapshotRow[] = [];
  for (const original of originals) {
    const id = identity.ids.resource('snap');
    const description = `Copied for DestinationAmi ${imageId} from SourceAmi ${source.id} for SourceSnapshot ${original.id}. Task created on ${now.getTime()}.`;
    const how = await copyEncryption(transaction, viewer, order, original, identity);
    const tags = { ...order.snapshotTags, ...copiedConsistency(original) };
    const about = { id, description, tags, now, encryption: how.encryption };
    const copy = copiedSnapshot(original, viewer, about);
    await transaction.snapshots.insert(copy);
    made.push(copy);
    ids.set(original.id, id);
    copies.push({ ...copyOf(original, id), ...how });
  }
  const image = copiedImage(source, viewer, order, { imageId, ids, made, now });
  await transaction.images.insert(image);
  await orderTask(transaction, viewer, { copies, imageId }, identity);
  return image;
}

/** Of what another has made of a product: EC2's own way of saying that it is launched instead. */
function checkCodes({ id, account, productCodes }: ImageRow, viewer: Viewer): void {
  if (!productCodes?.length || account === viewer.account) return;
  throw new ServiceError(
    'InvalidRequest',
    `The image ${id} has a product code of the marketplace and cannot be copied to another account.`,
  );
}

/** That an image may be launched does not say that what it is of may be read. */
export async function readableSnapshots(
  { snapshots }: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
): Promise<CompletedSnapshot[]> {
  const ids = [...new Set(snapshotIdsOf(image))];
  const rows = await snapshots.list({ where: { id: ids } });
  const seen = rows.filter((row) => seesSnapshot(viewer, row));
  if (seen.length === ids.length) return seen.map(completed);
  throw new ServiceError(
    'InvalidRequest',
    'You do not have permission to access the storage of this ami',
  );
}

function copyOf(source: CompletedSnapshot, snapshotId: string): SnapshotCopy {
  const { region, root, fullSizeBytes = 0 } = source;
  return { snapshotId, region, root, fullSizeBytes };
}

/**
 * A copy of one's own that nobody ordered as a backup is one of the same volume, made by hand; what
 * the snapshot remembers of a machine goes along with it.
 */
export function originOfCopy(
  source: SnapshotRow,
  { account }: Pick<Viewer, 'account'>,
  ordered?: BackupOrigin,
): Pick<SnapshotRow, 'backup' | 'set'> {
  if (source.account !== account) return ordered ? { backup: ordered } : {};
  const { volumeId, set } = source;
  const volume = volumeId === noVolumeId ? undefined : volumeId;
  const backup = ordered ?? originByHand(source, volume);
  return { ...(backup && { backup }), ...(set && { set }) };
}

/** Of an image that remembers its machine. */
export function originOfImageCopy(
  source: Pick<ImageRow, 'createdAt' | 'backup'>,
  machine: ImageRow['machine'],
): BackupOrigin | undefined {
  return machine && originByHand(source, machine.instanceId);
}

function originByHand(
  { createdAt, backup }: Pick<ImageRow, 'createdAt' | 'backup'>,
  source: string | undefined,
): BackupOrigin | undefined {
  const { sourceId = source, takenAt = createdAt, instanceId, setId } = backup ?? {};
  if (sourceId === undefined) return undefined;
  return {
    sourceId,
    takenAt,
    ...(instanceId !== undefined && { instanceId }),
    ...(setId !== undefined && { setId }),
  };
}

/** What a copy of a snapshot takes along. */
function copiedSnapshot(
  source: CompletedSnapshot,
  viewer: Viewer,
  about: Pick<SnapshotRow, 'id' | 'description' | 'tags' | 'encryption'> & { now: Date },
): SnapshotRow {
  const { encryption, ...rest } = about;
  const { volumeSizeGiB, productCodes } = source;
  return {
    ...begunSnapshot(viewer, { ...rest, volumeSizeGiB }),
    ...(encryption && { encryption }),
    copiedFrom: { snapshotId: source.id, region: source.region },
    ...(productCodes && { productCodes }),
  };
}

interface CopiedParts {
  imageId: string;
  /** Of the originals -> of their copies. */
  ids: ReadonlyMap<string, string>;
  made: readonly SnapshotRow[];
  now: Date;
}

/**
 * What a copy of an image takes along: all that its instances get, and nothing that its owner has
 * set, such as with whom it is shared and until when it is not deprecated.
 */
function copiedImage(
  source: ImageRow,
  { account, region }: Viewer,
  { name, description, copyTags, imageTags, backup: ordered }: ImageCopyOrder,
  { imageId, ids, made, now }: CopiedParts,
): ImageRow {
  const { productCodes, instanceTypes } = source;
  const machine = recordedMachine(source, { account });
  const backup = ordered ?? originOfImageCopy(source, machine);
  const ownTags = copyTags && source.account === account ? userTags(source.tags) : {};
  return {
    id: imageId,
    account,
    region,
    createdAt: now.toISOString(),
    name,
    ...(description !== undefined && { description }),
    state: 'pending',
    launchPermissions: [],
    ...systemOf(source),
    blockDeviceMappings: markEncrypted(
      source.blockDeviceMappings.map(({ deviceName, ebs: { encrypted: _, ...ebs } }) => {
        const snapshotId = ids.get(ebs.snapshotId ?? '');
        return { deviceName, ebs: snapshotId === undefined ? ebs : { ...ebs, snapshotId } };
      }),
      made,
    ),
    ...(productCodes && { productCodes }),
    ...watermarksOf(source),
    ...(instanceTypes && { instanceTypes }),
    ...(machine && { machine }),
    sourceImageId: source.id,
    sourceImageRegion: source.region,
    ...(backup && { backup }),
    tags: checkedCount({ ...ownTags, ...imageTags, ...copiedConsistency(source) }),
  };
}

async function orderTask(
  { tasks }: CatalogTransaction,
  { account, region }: Viewer,
  input: CopySnapshotsInput,
  { hostId, ...identity }: Identity,
): Promise<void> {
  const subject = input.imageId ?? input.copies[0]?.snapshotId ?? '';
  const order = { kind: 'copy-snapshots', subject, account, region, host: hostId, input };
  await tasks.insert(newTask(order, identity));
}
