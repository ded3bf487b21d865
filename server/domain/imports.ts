/**
 * Imports of disk files: what ImportSnapshot and ImportImage write down, the inputs of the tasks
 * that carry them out (tasks/import-snapshot.ts, tasks/import-image.ts), and their states:
 *
 *   active --all is stored--> completed
 *     \--fails------------------------------> deleted
 *      \--CancelImportTask--> deleting -----/
 *
 * Until an import is completed there is no snapshot and no image of it.
 */
import { ServiceError } from '../../api/service-error.ts';
import type { CatalogReader, CatalogTransaction } from '../catalog/catalog.ts';
import type { ImageRow } from '../catalog/rows/image.ts';
import type {
  ImportedDisk,
  ImportImageTaskRow,
  ImportSnapshotTaskRow,
  ImportTaskRow,
} from '../catalog/rows/import-task.ts';
import type { StateReason, Tags } from '../catalog/rows/row.ts';
import type { SnapshotRow } from '../catalog/rows/snapshot.ts';
import type { Encryption } from '../catalog/rows/volume.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { arrivalEncryption, type EncryptionRequest, readEncryption } from './ebs-encryption.ts';
import type { FilterTable } from './filters.ts';
import type { KeyMaking } from './kms-keys.ts';
import { requiredRows } from './resource-ids.ts';
import { type CompletedSnapshot, noVolumeId, snapshotsOfMappings } from './snapshots.ts';
import { newTask, unfinishedStates } from './tasks.ts';
import type { Owner, Viewer } from './viewer.ts';

export const requiredSnapshotImports = requiredRows('importSnapshotTask');
export const requiredImageImports = requiredRows('importImageTask');

/** EC2's of these actions. */
export const importPageBounds = { min: 1, max: 1000 };

export const importFilters: FilterTable<ImportTaskRow> = {
  values: { 'task-state': (row) => row.state },
  tags: (row) => row.tags,
};

export interface ImportSnapshotInput {
  importId: string;
  snapshotId: string;
}

export interface ImportImageInput {
  importId: string;
  imageId: string;
  /** Of each disk that is a snapshot already; null for files. */
  disks: (ImportedSnapshot | null)[];
}

export interface ImportedSnapshot {
  snapshotId: string;
  sizeBytes: number;
  root: string;
  /** How its blocks are opened; absent: they are plain. */
  encryption?: Encryption;
}

interface Identity extends KeyMaking {
  hostId: string;
}

export interface SnapshotImportOrder extends EncryptionRequest {
  description?: string;
  clientData?: ImportTaskRow['clientData'];
  disk: ImportedDisk;
  tags: Tags;
}

/** The row that is shown, and the task that does it. */
export async function orderSnapshotImport(
  transaction: CatalogTransaction,
  owner: Owner,
  { disk, ...order }: SnapshotImportOrder,
  identity: Identity,
): Promise<ImportSnapshotTaskRow> {
  const id = identity.ids.resource('import-snap');
  const encryption = await arrivalEncryption(transaction, owner, order, identity);
  const begun = newImport(id, owner, { ...order, encryption }, identity);
  const row: ImportSnapshotTaskRow = { ...begun, disk };
  await transaction.importSnapshotTasks.insert(row);
  const input: ImportSnapshotInput = { importId: id, snapshotId: identity.ids.resource('snap') };
  const kind = 'import-snapshot';
  const { account, region } = owner;
  const task = { kind, subject: id, account, region, host: identity.hostId, input };
  await transaction.tasks.insert(newTask(task, identity));
  return row;
}

export interface ImageImportOrder extends Omit<SnapshotImportOrder, 'disk'> {
  disks: ImportedDisk[];
  bootMode?: ImportImageTaskRow['bootMode'];
  platform?: ImportImageTaskRow['platform'];
}

/** The same of an image. */
export async function orderImageImport(
  transaction: CatalogTransaction,
  viewer: Viewer,
  order: ImageImportOrder,
  identity: Identity,
): Promise<ImportImageTaskRow> {
  const { disks, bootMode, platform, ...common } = order;
  const id = identity.ids.resource('import-ami');
  const encryption = await arrivalEncryption(transaction, viewer, order, identity);
  const row: ImportImageTaskRow = {
    ...newImport(id, viewer, { ...common, encryption }, identity),
    disks,
    architecture: 'x86_64',
    // Imago has no licences to give.
    licenseType: 'BYOL',
    ...(bootMode && { bootMode }),
    ...(platform && { platform }),
  };
  await transaction.importImageTasks.insert(row);
  const input: ImportImageInput = {
    importId: id,
    imageId: identity.ids.resource('ami'),
    disks: await snapshotsInstead(transaction, viewer, { disks, encryption }, identity.clock.now()),
  };
  const { account, region } = viewer;
  const kind = 'import-image';
  const task = { kind, subject: id, account, region, host: identity.hostId, input };
  await transaction.tasks.insert(newTask(task, identity));
  return row;
}

async function snapshotsInstead(
  reader: CatalogReader,
  viewer: Viewer,
  { disks, encryption }: Pick<ImportImageTaskRow, 'disks' | 'encryption'>,
  now: Date,
): Promise<ImportImageInput['disks']> {
  const named = disks.map(({ source, snapshotId }) => (source ? undefined : snapshotId));
  const rows = await snapshotsOfMappings(
    reader,
    viewer,
    named.map((snapshotId) => ({ snapshotId })),
  );
  const found: ImportImageInput['disks'] = [];
  for (const snapshotId of named) {
    const row = rows.find(({ id }) => id === snapshotId);
    found.push(row ? await snapshotInstead(reader, viewer, { row, encryption }, now) : null);
  }
  return found;
}

async function snapshotInstead(
  reader: CatalogReader,
  viewer: Viewer,
  { row, encryption: wanted }: { row: CompletedSnapshot } & Pick<ImportImageTaskRow, 'encryption'>,
  now: Date,
): Promise<ImportedSnapshot> {
  const encryption = await readEncryption(reader, viewer, row, now);
  if (wanted && !encryption) {
    throw new ServiceError(
      'InvalidParameterValue',
      `The image is to be encrypted, and the snapshot '${row.id}' is not: name an encrypted copy of it.`,
    );
  }
  const { id: snapshotId, volumeSizeGiB, root } = row;
  const sizeBytes = volumeSizeGiB * gibBytes;
  return { snapshotId, sizeBytes, root, ...(encryption && { encryption }) };
}

interface StoredImport {
  snapshotId: string;
  sizeBytes: number;
  root: string;
  fullSizeBytes: number;
}

/** What a disk of an import became. */
export function importedSnapshot(
  { id, account, region, createdAt, encryption }: ImportTaskRow,
  { snapshotId, sizeBytes, root, fullSizeBytes }: StoredImport,
  now: Date,
): SnapshotRow {
  return {
    id: snapshotId,
    account,
    region,
    createdAt: now.toISOString(),
    startedAt: createdAt,
    completedAt: now.toISOString(),
    state: 'completed',
    progressPercent: 100,
    // As EC2 words it.
    description: `Created by AWS-VMImport service for ${id}`,
    volumeId: noVolumeId,
    volumeSizeGiB: sizeBytes / gibBytes,
    root,
    fullSizeBytes,
    ...(encryption && { encryption }),
    tags: {},
  };
}

export interface ImportedImageParts {
  imageId: string;
  /** The root first. */
  disks: readonly {
    snapshotId: string;
    sizeBytes: number;
    deviceName?: string;
    encrypted: boolean;
  }[];
  bootMode: ImageRow['bootMode'];
  system: 'Linux' | 'Windows';
  hardware: ImportedHardware;
}

/** What a system finds in its machines beside disks and cards. */
export type ImportedHardware = Pick<ImageRow, 'tpmSupport' | 'uefiData'>;

/** What they became together; named after the import, as EC2 names it. */
export function importedImage(
  { id, account, region, description = `AWS-VMImport service: ${id}` }: ImportTaskRow,
  { imageId, disks, bootMode, system, hardware }: ImportedImageParts,
  now: Date,
): ImageRow {
  const rootDeviceName = disks[0]?.deviceName ?? '/dev/sda1';
  const taken = new Set(disks.map(({ deviceName }) => deviceName));
  const free = dataDeviceNames.filter((name) => !taken.has(name)).values();
  return {
    id: imageId,
    account,
    region,
    createdAt: now.toISOString(),
    name: id,
    description,
    state: 'available',
    launchPermissions: [],
    architecture: 'x86_64',
    ...(system === 'Windows' && { platform: 'windows' }),
    rootDeviceName,
    bootMode,
    ...hardware,
    blockDeviceMappings: disks.map(({ snapshotId, sizeBytes, deviceName, encrypted }, index) => ({
      deviceName: index === 0 ? rootDeviceName : (deviceName ?? free.next().value ?? ''),
      ebs: {
        snapshotId,
        volumeSizeGiB: sizeBytes / gibBytes,
        deleteOnTermination: true,
        volumeType: 'gp3',
        ...(encrypted && { encrypted }),
      },
    })),
    tags: {},
  };
}

/** As EC2 recommends them for data volumes. */
const dataDeviceNames = [...'fghijklmnopqrstuvwxyz'].map((letter) => `/dev/sd${letter}`);

function newImport(
  id: string,
  { account, region }: Owner,
  {
    description,
    clientData,
    encryption,
    tags,
  }: Omit<SnapshotImportOrder, 'disk'> & Pick<ImportTaskRow, 'encryption'>,
  { clock }: Identity,
): ImportTaskRow {
  return {
    id,
    account,
    region,
    createdAt: clock.now().toISOString(),
    state: 'active',
    statusMessage: 'pending',
    progressPercent: 0,
    ...(description !== undefined && { description }),
    ...(clientData && { clientData }),
    ...(encryption && { encryption }),
    tags,
  };
}

/** Where an import's row is, its id says. */
function isImageImport(id: string): boolean {
  return id.startsWith('import-ami-');
}

/** An import of either kind. */
export async function requiredImport(
  reader: CatalogReader,
  owner: Owner,
  id: string,
): Promise<ImportSnapshotTaskRow | ImportImageTaskRow> {
  const required = isImageImport(id) ? requiredImageImports : requiredSnapshotImports;
  const [row] = await required(reader, owner, [id]);
  return row as ImportSnapshotTaskRow | ImportImageTaskRow;
}

/** Ends an import that is under way: the task undoes what it has done. */
export async function cancelImport(
  transaction: CatalogTransaction,
  owner: Owner,
  id: string,
  reason: string | undefined,
): Promise<{ before: ImportTaskRow['state']; after: ImportTaskRow['state'] }> {
  const row = await requiredImport(transaction, owner, id);
  const before = row.state;
  if (before === 'completed' || before === 'deleted') {
    throw new ServiceError(
      'IncorrectState',
      `The import task '${id}' cannot be cancelled; its state is ${before}.`,
    );
  }
  if (before === 'deleting') return { before, after: before };
  const after = 'deleting';
  const statusMessage = reason ? `User initiated cancellation: ${reason}` : cancelledMessage;
  await changeImport(transaction, id, () => ({ state: after, statusMessage }));
  const where = { subject: id, state: unfinishedStates };
  for (const task of await transaction.tasks.list({ where })) {
    await transaction.tasks.update({ ...task, cancelled: true });
  }
  return { before, after };
}

const cancelledMessage = 'User initiated cancellation';

/** Does nothing where the row is gone. */
async function changeImport(
  transaction: CatalogTransaction,
  id: string,
  change: (row: ImportTaskRow) => Partial<ImportTaskRow> | undefined,
): Promise<void> {
  if (isImageImport(id)) {
    const row = await transaction.importImageTasks.get(id);
    const changed = row && change(row);
    if (changed) await transaction.importImageTasks.update({ ...row, ...changed });
  } else {
    const row = await transaction.importSnapshotTasks.get(id);
    const changed = row && change(row);
    if (changed) await transaction.importSnapshotTasks.update({ ...row, ...changed });
  }
}

/** How an import that is under way goes on. */
export function tellOfImport(
  transaction: CatalogTransaction,
  id: string,
  told: Pick<Partial<ImportTaskRow>, 'statusMessage' | 'progressPercent'>,
): Promise<void> {
  return changeImport(transaction, id, ({ state }) => (state === 'active' ? told : undefined));
}

/** Everything of it is undone. */
export async function endImport(
  transaction: CatalogTransaction,
  id: string,
  { message }: StateReason,
): Promise<void> {
  await changeImport(transaction, id, ({ state }) => {
    if (state === 'deleted') return undefined;
    // Who has cancelled it has said why.
    return state === 'deleting'
      ? { state: 'deleted' }
      : { state: 'deleted', statusMessage: message };
  });
}

/** Where its files are, as far as that is said by addresses. */
export function sourceUrlsOf(row: ImportSnapshotTaskRow | ImportImageTaskRow): string[] {
  const disks = 'disks' in row ? row.disks : [row.disk];
  return disks.map(({ source }) => source?.url).filter((url) => url !== undefined);
}
