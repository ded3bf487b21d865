/**
 * Exports of images to disk files: what ExportImage writes down, the input of the task that carries
 * it out (tasks/export-image.ts), and its states:
 *
 *   active --written--> completed
 *     \--fails----------------------------> deleted
 *      \--CancelExportTask--> deleting ----/
 *
 * The task names the maps that it reads: whatever becomes of image and snapshots, it goes on.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { ExportImageTaskRow, ExportTaskRow } from '../catalog/rows/export-task.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type { StateReason, Tags } from '../catalog/rows/row.ts';
import type { SnapshotEncryption } from '../catalog/rows/snapshot.ts';
import { readableSnapshots } from './copies.ts';
import { isPlainKey } from './file-places.ts';
import type { FilterTable } from './filters.ts';
import type { Clock, Ids } from './identity.ts';
import { checkAvailable, requiredImage } from './images.ts';
import { requiredRows } from './resource-ids.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import type { Owner, Viewer } from './viewer.ts';

export const requiredImageExports = requiredRows('exportImageTask');
export const requiredInstanceExports = requiredRows('exportInstanceTask');

export const exportPageBounds = { min: 1, max: 1000 };

export const exportFilters: FilterTable<ExportTaskRow> = {
  values: { 'task-state': (row) => row.state },
  tags: (row) => row.tags,
};

export const exportFormats = ['RAW', 'VHD', 'VMDK'] as const;

export interface ExportedDisk {
  /** Its map, and where that is. */
  root: string;
  region: string;
  /** Below the folder. */
  key: string;
}

export interface ExportImageInput {
  exportId: string;
  format: ExportTaskRow['format'] | 'OVA';
  folder: string;
  disks: ExportedDisk[];
}

export interface ExportIdentity {
  clock: Clock;
  ids: Ids;
  hostId: string;
}

export interface ImageExportOrder {
  imageId: string;
  description?: string;
  format: ExportTaskRow['format'];
  folder: string;
  prefix: string;
  tags: Tags;
}

export async function orderImageExport(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: ImageExportOrder,
  identity: ExportIdentity,
): Promise<ExportImageTaskRow> {
  const { imageId, format, folder, prefix, description, tags } = order;
  const id = identity.ids.resource('export-ami');
  const image = await exportableImage(transaction, viewer, imageId);
  const roots = await plainRootsOf(transaction, viewer, image);
  const disks = roots.map((disk, index) => ({
    ...disk,
    key: exportKey({ prefix, id, index, format }),
  }));
  const { account, region } = viewer;
  const row: ExportImageTaskRow = {
    id,
    account,
    region,
    createdAt: identity.clock.now().toISOString(),
    state: 'active',
    statusMessage: 'pending',
    progressPercent: 0,
    ...(description !== undefined && { description }),
    imageId: image.id,
    format,
    folder,
    prefix,
    tags,
  };
  await transaction.exportImageTasks.insert(row);
  const input: ExportImageInput = { exportId: id, format, folder, disks };
  const task = { kind: 'export-image', subject: id, account, region, host: identity.hostId, input };
  await transaction.tasks.insert(newTask(task, identity));
  return row;
}

/** One that the viewer may read, and take away. */
export async function exportableImage(
  reader: CatalogReader,
  viewer: Viewer,
  imageId: string,
): Promise<ImageRow> {
  const image = await requiredImage(reader, viewer, imageId);
  if (image.state !== 'disabled') checkAvailable(image);
  await checkExportable(reader, viewer, image);
  return image;
}

/** What is of somebody else's product is not taken away. */
export async function checkExportable(
  reader: CatalogReader,
  viewer: Viewer,
  { id, productCodes = [] }: { id: string; productCodes?: string[] },
): Promise<void> {
  for (const code of productCodes) {
    if ((await reader.products.get(code))?.account === viewer.account) continue;
    throw new ServiceError(
      'NotExportable',
      `${id} cannot be exported: it has the product code ${code} of the marketplace.`,
    );
  }
}

export interface ImageRoot {
  root: string;
  region: string;
  snapshotId: string;
  encryption?: SnapshotEncryption;
}

/** For a disk file, which is plain: EC2 makes none of what is encrypted, either. */
export async function plainRootsOf(
  reader: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
): Promise<ImageRoot[]> {
  const roots = await rootsOf(reader, viewer, image);
  const encrypted = roots.find(({ encryption }) => encryption);
  if (!encrypted) return roots;
  throw new ServiceError(
    'NotExportable',
    `The image ${image.id} cannot be exported: its snapshot ${encrypted.snapshotId} is encrypted.`,
  );
}

/** Of the disks that have something on them, the one that it boots from first. */
export async function rootsOf(
  reader: CatalogReader,
  viewer: Viewer,
  image: ImageRow,
): Promise<ImageRoot[]> {
  const snapshots = await readableSnapshots(reader, viewer, image);
  const isRoot = ({ deviceName }: { deviceName: string }) => deviceName === image.rootDeviceName;
  const mappings = image.blockDeviceMappings.toSorted(
    (a, b) => Number(isRoot(b)) - Number(isRoot(a)),
  );
  return mappings.flatMap(({ ebs }) => {
    const snapshot = snapshots.find(({ id }) => id === ebs.snapshotId);
    if (!snapshot) return [];
    const { id: snapshotId, root, region, encryption } = snapshot;
    return [{ root, region, snapshotId, ...(encryption && { encryption }) }];
  });
}

interface KeyParts {
  prefix: string;
  id: string;
  index: number;
  format: ExportImageInput['format'];
}

/** As EC2 calls it; further disks are counted. */
export function exportKey({ prefix, id, index, format }: KeyParts): string {
  const number = index === 0 ? '' : `-${index + 1}`;
  const key = `${prefix}${id}${number}.${format.toLowerCase()}`;
  if (isPlainKey(key)) return key;
  throw new ServiceError('InvalidParameter', `The S3Prefix '${prefix}' begins no key of a file.`);
}

/** Ends an export that is under way: the task undoes what it has done. */
export async function cancelExport(
  transaction: CatalogTransaction,
  owner: Owner,
  id: string,
): Promise<void> {
  const required = isInstanceExport(id) ? requiredInstanceExports : requiredImageExports;
  const [row] = await required(transaction, owner, [id]);
  if (row?.state === 'completed' || row?.state === 'deleted') {
    throw new ServiceError(
      'IncorrectState',
      `The export task '${id}' cannot be cancelled; its state is ${row.state}.`,
    );
  }
  await changeExport(transaction, id, () => ({
    state: 'deleting',
    statusMessage: 'User initiated cancellation',
  }));
  const where = { subject: id, state: unfinishedStates };
  for (const task of await transaction.tasks.list({ where })) {
    await transaction.tasks.update({ ...task, cancelled: true });
  }
}

function isInstanceExport(id: string): boolean {
  return id.startsWith('export-i-');
}

/** Does nothing where the row is gone. */
export async function changeExport(
  transaction: CatalogTransaction,
  id: string,
  change: (row: ExportTaskRow) => Partial<ExportTaskRow> | undefined,
): Promise<void> {
  if (isInstanceExport(id)) {
    const row = await transaction.exportInstanceTasks.get(id);
    const changed = row && change(row);
    if (changed) await transaction.exportInstanceTasks.update({ ...row, ...changed });
  } else {
    const row = await transaction.exportImageTasks.get(id);
    const changed = row && change(row);
    if (changed) await transaction.exportImageTasks.update({ ...row, ...changed });
  }
}

/** How an export that is under way goes on. */
export function tellOfExport(
  transaction: CatalogTransaction,
  id: string,
  told: Pick<Partial<ExportTaskRow>, 'statusMessage' | 'progressPercent'>,
): Promise<void> {
  return changeExport(transaction, id, ({ state }) => (state === 'active' ? told : undefined));
}

/** Nothing of it is left. */
export function endExport(
  transaction: CatalogTransaction,
  id: string,
  { message }: StateReason,
): Promise<void> {
  return changeExport(transaction, id, ({ state }) => {
    if (state === 'deleted') return undefined;
    return state === 'deleting'
      ? { state: 'deleted' }
      : { state: 'deleted', statusMessage: message };
  });
}
