/**
 * ExportImage: the disks of an image become files in a folder that the operator allowed. They are
 * written under other names, and get theirs when all of them are whole; an export that fails or is
 * cancelled leaves none of them.
 */
import { blockSizeBytes } from '../blocks/block-store.ts';
import type { DiskFileFormat } from '../disk-formats/limits.ts';
import { writeDiskFile } from '../disk-formats/write-disk-file.ts';
import {
  changeExport,
  type ExportedDisk,
  type ExportImageInput,
  endExport,
  tellOfExport,
} from '../domain/exports.ts';
import { FolderTarget } from '../transfers/folder-target.ts';
import { explainWritten, exportFolderOf, unlessSilentExport } from './export-folder.ts';
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
  const share = 100 / input.disks.length;
  await services.uploads.run(() =>
    unlessSilentExport(
      services,
      { what: exportId, signal },
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
  const folder = exportFolderOf(services.site, input.folder);
  const disk = await openStored(services, region, root, cacheBytes).catch(explainUnreadable);
  await FolderTarget.of(services.files, folder, key)
    .then((target) => target.write((file) => writeDiskFile(format, disk, file, options)))
    .catch(explainWritten(input.folder));
}

async function eachTarget(
  { services, input, signal }: Context,
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
