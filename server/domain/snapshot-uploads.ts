/**
 * Snapshots whose blocks are put into them one by one (the EBS direct APIs):
 *
 *   StartSnapshot --> pending --CompleteSnapshot--> completed
 *                        \--nothing is put for its time--> error
 *
 * The blocks themselves are server/drafts'.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { Tags } from '../catalog/rows/row.ts';
import type { SnapshotRow, SnapshotUpload, UploadCompletion } from '../catalog/rows/snapshot.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { productCodesOf } from './product-codes.ts';
import { begunSnapshot, type CompletedSnapshot, requiredOwnSnapshot } from './snapshots.ts';
import type { Owner, Viewer } from './viewer.ts';

/** EBS's limits. */
export const volumeMaxGiB = 65_536;
const timeoutBounds = { min: 10, max: 60 };
const timeoutUsual = 60;

export type UploadRow = SnapshotRow & { upload: SnapshotUpload };

export interface UploadOrder {
  id: string;
  host: string;
  sizeGiB: number;
  description: string;
  tags: Tags;
  timeoutMinutes?: number;
  encryption?: SnapshotRow['encryption'];
  /** What is not put is as in this one. */
  parent?: CompletedSnapshot;
  now: Date;
}

/** The row of a snapshot that is begun. */
export function startedUpload(owner: Owner, order: UploadOrder): UploadRow {
  const { id, host, sizeGiB, description, tags, parent, now } = order;
  const { timeoutMinutes = timeoutUsual, encryption } = order;
  if (sizeGiB < 1 || sizeGiB > volumeMaxGiB) {
    throw new ServiceError('InvalidVolumeSize', `A volume has 1 to ${volumeMaxGiB} GiB.`);
  }
  if (parent && parent.volumeSizeGiB > sizeGiB) {
    throw new ServiceError(
      'InvalidVolumeSize',
      `The parent snapshot ${parent.id} has ${parent.volumeSizeGiB} GiB: the volume cannot be smaller.`,
    );
  }
  const { min, max } = timeoutBounds;
  if (timeoutMinutes < min || timeoutMinutes > max) {
    throw new ServiceError('InvalidParameterValue', `Timeout is ${min} to ${max} minutes.`);
  }
  return {
    ...begunSnapshot(owner, { id, description, tags, now, volumeSizeGiB: sizeGiB, encryption }),
    upload: {
      host,
      parentSnapshotId: parent?.id,
      base: parent && { root: parent.root },
      timeoutMinutes,
    },
    ...(parent && productCodesOf(parent)),
  };
}

/** One's own that blocks are, or were, put into; the others are refused. */
export async function requiredUpload(
  reader: CatalogReader,
  viewer: Viewer,
  id: string,
): Promise<UploadRow> {
  const snapshot = await requiredOwnSnapshot(reader, viewer, id);
  if (isUpload(snapshot)) return snapshot;
  throw new ServiceError(
    'IncorrectState',
    `The snapshot ${id} was not begun by StartSnapshot: no blocks can be put into it.`,
  );
}

export function isUpload(snapshot: SnapshotRow): snapshot is UploadRow {
  return snapshot.upload !== undefined;
}

/** Blocks may be put, by this host. */
export function checkOpen({ id, state, upload }: UploadRow, host: string): void {
  if (state !== 'pending') throw notPending(id, state);
  if (upload.completion) throw beingCompleted(id);
  if (upload.host !== host) {
    throw new ServiceError('IncorrectState', `The snapshot ${id} was begun at another host.`);
  }
}

export function notPending(id: string, state: string): ServiceError {
  return new ServiceError(
    'IncorrectState',
    `The snapshot ${id} is not pending; its state is ${state}.`,
  );
}

export function beingCompleted(id: string): ServiceError {
  return new ServiceError('IncorrectState', `The snapshot ${id} is being completed.`);
}

/** The answer was lost, and it is asked again. A checksum that is not there asks for nothing. */
export function isSameCompletion(one: UploadCompletion, other: UploadCompletion): boolean {
  const [checksum, otherChecksum] = [one.checksum, other.checksum];
  return (
    one.changedBlocks === other.changedBlocks &&
    (checksum ?? otherChecksum) === (otherChecksum ?? checksum)
  );
}

export interface UploadedMap {
  root: string;
  fullSizeBytes: number;
}

/** Of one that nobody has deleted meanwhile. */
export async function completeUpload(
  { snapshots }: CatalogTransaction,
  id: string,
  map: UploadedMap,
  now: Date,
): Promise<SnapshotRow | undefined> {
  const row = await snapshots.get(id);
  if (row?.state !== 'pending' || !row.upload) return undefined;
  const { base: _, ...upload } = row.upload;
  return snapshots.update({
    ...row,
    ...map,
    upload,
    state: 'completed',
    progressPercent: 100,
    completedAt: now.toISOString(),
  });
}

/** One that is neither put into nor completed for its time is given up. */
export async function failUpload(
  { snapshots }: CatalogTransaction,
  id: string,
  stateMessage: string,
): Promise<boolean> {
  const row = await snapshots.get(id);
  if (row?.state !== 'pending' || !row.upload) return false;
  const { base: _, completion: __, ...upload } = row.upload;
  await snapshots.update({ ...row, upload, state: 'error', stateMessage });
  return true;
}

export function sizeBytesOf({ volumeSizeGiB }: SnapshotRow): number {
  return volumeSizeGiB * gibBytes;
}
