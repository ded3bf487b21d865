/**
 * What imports of snapshots and of images have in common: a disk file is opened where it is, looked
 * at as the format that it was declared to be, and read into the block store part by part. What the
 * file is refused for is told to whoever ordered it; another try would find the same.
 */
import type { ImportedDisk } from '../catalog/rows/import-task.ts';
import type { SnapshotEncryption } from '../catalog/rows/snapshot.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { Disk } from '../disk/disk.ts';
import { PaddedDisk } from '../disk/padded-disk.ts';
import { type UploadedPart, uploadInParts } from '../disk/upload-in-parts.ts';
import { DiskFormatError } from '../disk-formats/disk-format-error.ts';
import { type DiskFileFormat, diskMaxBytes } from '../disk-formats/limits.ts';
import { openDiskFile } from '../disk-formats/open-disk-file.ts';
import type { RandomAccess } from '../disk-formats/random-access.ts';
import { tellOfImport } from '../domain/imports.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { openSource } from '../transfers/open-source.ts';
import { type SourceFile, SourceRefused } from '../transfers/source-file.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { clientError } from './export-folder.ts';
import { sealKeyFor } from './stored-disk.ts';
import type { TaskServices } from './task.ts';
import { tellProgress } from './task-progress.ts';

/** What is known of a file once its headers were read. */
export interface LookedFile {
  fileBytes: number;
  /** By which it is the same file when it is opened again. */
  validator: string;
  /** Of the volume that it becomes: whole GiB. */
  sizeBytes: number;
  notes: string[];
}

/** Of a disk that is in the store. */
export interface StoredDisk {
  root: string;
  fullSizeBytes: number;
  storedBytes: number;
}

export interface ImportWork {
  services: TaskServices;
  task: TaskRow;
  importId: string;
  signal: AbortSignal;
}

/** Opens a disk's file, and closes it when `use` has ended. */
export async function withFile<T>(
  { services, importId, signal }: ImportWork,
  { source }: ImportedDisk,
  use: (
    file: SourceFile,
    whileThere: { onProgress: () => void; signal: AbortSignal },
  ) => Promise<T>,
  validator?: string,
): Promise<T> {
  if (!source) throw new Error(`a disk of ${importId} has no file`);
  const { silenceMs = usualTimeLimits.silenceMs, site, offers } = services;
  const silent = () => new Error(`the import ${importId} shows no progress`);
  return refusing(() =>
    unlessSilent(
      async ({ onProgress, signal: wanted }) => {
        const options = { importId, signal: wanted, onWaiting: onProgress, validator };
        const file = await openSource({ places: site.filePlaces, offers }, source, options);
        try {
          return await use(file, { onProgress, signal: wanted });
        } finally {
          await file.close();
        }
      },
      { silenceMs, signal, silent },
    ),
  );
}

/** Of a file of one disk, or of a member of an archive. */
export async function openDisk(format: string, access: RandomAccess) {
  const limits = { maxSizeBytes: diskMaxBytes };
  const { disk, facts } = await openDiskFile(formatOf(format), access, limits);
  return { disk: new PaddedDisk(disk, volumeBytesOf(disk)), facts };
}

/** The next whole GiB. */
export function volumeBytesOf({ sizeBytes }: Disk): number {
  return Math.ceil(sizeBytes / gibBytes) * gibBytes;
}

export async function lookAtFile(work: ImportWork, disk: ImportedDisk): Promise<LookedFile> {
  return withFile(work, disk, async (file) => {
    const { disk: opened, facts } = await openDisk(disk.format, file);
    const { sizeBytes: fileBytes, validator } = file;
    return { fileBytes, validator, sizeBytes: opened.sizeBytes, notes: facts.notes };
  });
}

/** How far the reading of several disks has come. */
export interface ReadCheckpoint {
  stored: StoredDisk[];
  /** Of the disk after those. */
  part?: UploadedPart;
}

/** As it is now: this try may not be the first. */
export async function checkpointOf(
  { catalog }: TaskServices,
  { id }: TaskRow,
): Promise<ReadCheckpoint> {
  const row = await catalog.read(({ tasks }) => tasks.get(id));
  return (row?.checkpoint as ReadCheckpoint | undefined) ?? { stored: [] };
}

export interface StoreDiskOptions {
  onProgress: (doneBytes: number) => void;
  checkpoint: ReadCheckpoint;
  /** What they are sealed under; without it they are plain. */
  encryption: SnapshotEncryption | undefined;
}

/** The disk's blocks, and the map of them. */
export async function storeDisk(
  { services, task, signal }: ImportWork,
  disk: Disk,
  { onProgress, checkpoint, encryption }: StoreDiskOptions,
): Promise<StoredDisk> {
  const { region } = task;
  const seal = await sealKeyFor(services, encryption);
  return whileThereIsRoom(services, region, signal, (wanted) =>
    uploadInParts({
      store: services.blocks.of(region),
      disk,
      seal,
      sealing: services.sealing,
      from: checkpoint.part,
      onPart: (part) => keepCheckpoint(services, task, { ...checkpoint, part }),
      onProgress,
      signal: wanted,
    }),
  );
}

export async function keepCheckpoint(
  { catalog }: TaskServices,
  { id }: TaskRow,
  checkpoint: TaskRow['checkpoint'],
): Promise<void> {
  await catalog.write(async ({ tasks }) => {
    const row = await tasks.get(id);
    if (row?.state === 'running') await tasks.update({ ...row, checkpoint });
  });
}

/** Of a step that moves `totalBytes`, in the task's row and in the import's. */
export function tellImport({ services, task, importId }: ImportWork, totalBytes: number) {
  const tell = tellProgress(services, task, 'read');
  let toldPercent = 0;
  return (doneBytes: number) => {
    tell(doneBytes, totalBytes);
    // 100 % is told with `completed`.
    const progressPercent = Math.min(99, Math.floor((doneBytes / totalBytes) * 100));
    if (progressPercent < toldPercent + percentStep) return;
    toldPercent = progressPercent;
    services.catalog
      .write((transaction) => tellOfImport(transaction, importId, { progressPercent }))
      .catch((error) => services.log.warn('progress could not be written', { importId, error }));
  };
}

const percentStep = 2;

/** What is being done, as EC2 calls it. */
export async function tellPhase({ services, importId }: ImportWork, statusMessage: string) {
  await services.catalog.write((transaction) =>
    tellOfImport(transaction, importId, { statusMessage }),
  );
}

/** What the file is, or where, is not changed by another try. */
export async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiskFormatError) {
      throw clientError(`Disk validation failed [${error.message}]`);
    }
    if (error instanceof SourceRefused) throw clientError(error.message);
    throw error;
  }
}

function formatOf(format: string): DiskFileFormat {
  return format.toLowerCase() as DiskFileFormat;
}
