/**
 * ExportImage: the disks of an image become files in a folder that the operator allowed. They are
 * written under other names, and get theirs when all of them are whole; an export that fails or is
 * cancelled leaves none of them.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import { DiskFormatError } from '../disk-formats/disk-format-error.ts';
import type { DiskFileFormat } from '../disk-formats/limits.ts';
import { writeDiskFile } from '../disk-formats/write-disk-file.ts';
import {
  changeExport,
  type ExportedDisk,
  type ExportImageInput,
  endExport,
  tellOfExport,
} from '../domain/exports.ts';
import { isDiskFull } from '../foundations/disk-full.ts';
import { unlessSilent } from '../foundations/silence.ts';
import { usualTimeLimits } from '../host/time-limits.ts';
import { FolderTarget } from '../transfers/folder-target.ts';
import { SourceRefused } from '../transfers/source-file.ts';
import { explainUnreadable } from './layers-below.ts';
import { openStored } from './stored-disk.ts';
import { defineTask, type StepContext, TaskFailure } from './task.ts';
import { tellProgress } from './task-progress.ts';

/** Blocks are read once each, in order, some ahead. */
const cacheBytes = 16 * blockSizeBytes;
const percentStep = 2;

interface Outputs {
  write: null;
  publish: null;
}

type Context = StepContext<ExportImageInput, Partial<Outputs>>;

export const exportImage = defineTask<ExportImageInput, Outputs>({
  kind: 'export-image',
  steps: [
    {
      name: 'write',
      run: write,
      undo: (context) => eachTarget(context, (target) => target.remove()),
    },
    {
      name: 'publish',
      async run(context) {
        await eachTarget(context, (target) => target.publish());
        const { services, input } = context;
        await services.catalog.write((transaction) =>
          changeExport(transaction, input.exportId, ({ state }) => {
            if (state === 'completed') return undefined;
            if (state !== 'active')
              throw new TaskFailure('Client.UserInitiated', 'It is cancelled.');
            return { state: 'completed', progressPercent: 100, statusMessage: undefined };
          }),
        );
        return null;
      },
      async undo(context) {
        const { services, input } = context;
        await services.catalog.write((transaction) =>
          changeExport(transaction, input.exportId, ({ state }) =>
            state === 'completed' ? { state: 'active' } : undefined,
          ),
        );
        await eachTarget(context, (target) => target.withdraw());
      },
    },
  ],
  async failed({ input, services }, reason) {
    await services.catalog.write((transaction) => endExport(transaction, input.exportId, reason));
  },
});

async function write(context: Context): Promise<null> {
  const { services, input, task, signal } = context;
  const { exportId } = input;
  await services.catalog.write((transaction) =>
    tellOfExport(transaction, exportId, { statusMessage: 'converting' }),
  );
  const { silenceMs = usualTimeLimits.silenceMs } = services;
  const silent = () => new Error(`the export ${exportId} shows no progress`);
  const share = 100 / input.disks.length;
  await services.uploads.run(() =>
    unlessSilent(
      async ({ onProgress: goesOn, signal: wanted }) => {
        let done = 0;
        const tell = tellPercent(context);
        for (const disk of input.disks) {
          const tellBytes = tellProgress(services, task, 'write');
          const onProgress = (doneBytes: number, totalBytes: number) => {
            goesOn();
            tellBytes(doneBytes, totalBytes);
            tell((done + doneBytes / totalBytes) * share);
          };
          await writeDisk(context, disk, { onProgress, signal: wanted });
          done++;
        }
      },
      { silenceMs, signal, silent },
    ),
  );
  return null;
}

async function writeDisk(
  { services, input }: Context,
  { root, region, key }: ExportedDisk,
  options: { onProgress: (doneBytes: number, totalBytes: number) => void; signal: AbortSignal },
): Promise<void> {
  const format = input.format.toLowerCase() as DiskFileFormat;
  try {
    const disk = await openStored(services, region, root, cacheBytes);
    const target = await FolderTarget.of(services.files, folderOf(services.site, input), key);
    await target.write((file) => writeDiskFile(format, disk, file, options));
  } catch (error) {
    if (error instanceof DiskFormatError || error instanceof SourceRefused) {
      throw new TaskFailure('ClientError', `ClientError: ${error.message}`);
    }
    if (isDiskFull(error)) {
      const message = `ClientError: The disk of the bucket ${input.folder} is full.`;
      throw new TaskFailure('ClientError', message);
    }
    return explainUnreadable(error);
  }
}

async function eachTarget(
  { services, input }: Context,
  work: (target: FolderTarget) => Promise<void>,
): Promise<void> {
  const folder = folderOf(services.site, input);
  for (const { key } of input.disks) await work(await FolderTarget.of(services.files, folder, key));
}

function folderOf(
  { filePlaces }: Context['services']['site'],
  { folder }: ExportImageInput,
): string {
  const place = filePlaces?.exportFolders[folder];
  if (place !== undefined) return place;
  // The operator's start of today may name other folders than that of yesterday.
  throw new TaskFailure('ClientError', `ClientError: There is no bucket ${folder}.`);
}

/** In the export's row. */
function tellPercent({ services, input: { exportId } }: Context) {
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
