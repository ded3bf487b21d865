/**
 * What exports of images and of instances have in common: disks become files in a folder that the
 * operator allowed. They are written under other names, and get theirs when all of them are whole;
 * an export that fails or is cancelled leaves none of them.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import type { TaskRow } from '../catalog/rows/task.ts';
import type { DiskFileFormat } from '../disk-formats/limits.ts';
import { writeDiskFile } from '../disk-formats/write-disk-file.ts';
import { writeOva } from '../disk-formats/write-ova.ts';
import {
  changeExport,
  type ExportedDisk,
  type ExportImageInput,
  tellOfExport,
} from '../domain/exports.ts';
import { FolderTarget } from '../transfers/folder-target.ts';
import { explainWritten, exportFolderOf, unlessSilentExport } from './export-folder.ts';
import { explainUnreadable } from './layers-below.ts';
import { openStored } from './stored-disk.ts';
import { TaskFailure, type TaskServices } from './task.ts';
import { tellProgress } from './task-progress.ts';

/** Blocks are read once each, in order, some ahead. */
const cacheBytes = 16 * blockSizeBytes;
const percentStep = 2;

export interface ExportWork {
  services: TaskServices;
  task: TaskRow;
  input: ExportImageInput;
  signal: AbortSignal;
}

export async function writeDisks(work: ExportWork): Promise<null> {
  const { services, input, task, signal } = work;
  const { exportId } = input;
  await services.catalog.write((transaction) =>
    tellOfExport(transaction, exportId, { statusMessage: 'converting' }),
  );
  const share = 100 / input.disks.length;
  await services.uploads.run(() =>
    unlessSilentExport(
      services,
      { what: exportId, signal },
      async ({ onProgress: goesOn, signal: wanted }) => {
        let done = 0;
        const tell = tellPercent(work);
        for (const disk of input.disks) {
          const tellBytes = tellProgress(services, task, 'write');
          const onProgress = (doneBytes: number, totalBytes: number) => {
            goesOn();
            tellBytes(doneBytes, totalBytes);
            tell((done + doneBytes / totalBytes) * share);
          };
          await writeDisk(work, disk, { onProgress, signal: wanted });
          done++;
        }
      },
    ),
  );
  return null;
}

async function writeDisk(
  { services, input }: ExportWork,
  { root, region, key }: ExportedDisk,
  options: { onProgress: (doneBytes: number, totalBytes: number) => void; signal: AbortSignal },
): Promise<void> {
  const folder = exportFolderOf(services.site, input.folder);
  const disk = await openStored(services, { region, root }, cacheBytes).catch(explainUnreadable);
  await FolderTarget.of(services.files, folder, key)
    .then((target) =>
      target.write((file) =>
        input.format === 'OVA'
          ? writeOva({ name: input.exportId, disks: [disk] }, file, options)
          : writeDiskFile(input.format.toLowerCase() as DiskFileFormat, disk, file, options),
      ),
    )
    .catch(explainWritten(input.folder));
}

/** Of files that have no names yet. */
export function removeParts(work: ExportWork): Promise<void> {
  return eachTarget(work, (target) => target.remove());
}

export async function publishDisks(work: ExportWork): Promise<null> {
  await eachTarget(work, (target) => target.publish());
  await changeRow(work, ({ state }) => {
    if (state === 'completed') return undefined;
    if (state !== 'active') throw new TaskFailure('Client.UserInitiated', 'It is cancelled.');
    return { state: 'completed', progressPercent: 100, statusMessage: undefined };
  });
  return null;
}

export async function withdrawDisks(work: ExportWork): Promise<void> {
  await changeRow(work, ({ state }) => (state === 'completed' ? { state: 'active' } : undefined));
  await eachTarget(work, (target) => target.withdraw());
}

/** Where an undo was given up: of an export that has failed no file has its name. */
export async function leaveNothing(work: ExportWork): Promise<void> {
  const { services, input } = work;
  await eachTarget(work, (target) => target.withdraw()).catch((error) =>
    services.log.error('files of an export may be left', { exportId: input.exportId, error }),
  );
}

function changeRow(
  { services, input }: ExportWork,
  change: Parameters<typeof changeExport>[2],
): Promise<void> {
  return services.catalog.write((transaction) => changeExport(transaction, input.exportId, change));
}

async function eachTarget(
  { services, input, signal }: ExportWork,
  work: (target: FolderTarget) => Promise<void>,
): Promise<void> {
  const folder = exportFolderOf(services.site, input.folder);
  await unlessSilentExport(services, { what: input.exportId, signal }, async () => {
    for (const { key } of input.disks) {
      await work(await FolderTarget.of(services.files, folder, key));
    }
  });
}

/** In the export's row. */
function tellPercent({ services, input: { exportId } }: ExportWork) {
  let toldPercent = 0;
  return (percent: number) => {
    // 100 % is told with `completed`.
    const progressPercent = Math.min(99, Math.floor(percent));
    if (progressPercent < toldPercent + percentStep) return;
    toldPercent = progressPercent;
    services.catalog
      .write((transaction) => tellOfExport(transaction, exportId, { progressPercent }))
      .catch((error) => services.log.warn('progress could not be written', { exportId, error }));
  };
}
