/**
 * CreateRestoreImageTask: a stored image's blocks are read, verified and put, and then its pending
 * snapshots and the image say so. One that is not what it says fails, and its rows say why.
 */

import type { RestoreImageInput } from '../domain/stored-images.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { openFolderFile } from '../transfers/folder-file.ts';
import { changed, SourceRefused } from '../transfers/source-file.ts';
import { readStoredImage, StoredImageError } from '../transfers/stored-image.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { clientError, unlessSilentExport } from './export-folder.ts';
import { completeSnapshots, failSnapshots, progressWriter } from './snapshot-rows.ts';
import { defineTask, type StepContext } from './task.ts';
import { tellProgress } from './task-progress.ts';

interface Outputs {
  read: { snapshotId: string; root: string; fullSizeBytes: number }[];
  publish: null;
}

type Context = StepContext<RestoreImageInput, Partial<Outputs>>;

export const restoreImage = defineTask<RestoreImageInput, Outputs>({
  kind: 'restore-image',
  steps: [
    { name: 'read', run: read },
    {
      name: 'publish',
      async run({ input, outputs, services }) {
        await services.catalog.write(async (transaction) => {
          await completeSnapshots(transaction, outputs.read, services.clock.now());
          const image = await transaction.images.get(input.imageId);
          // Deregistered meanwhile: the snapshots stay.
          if (image?.state !== 'pending') return;
          await transaction.images.update({ ...image, state: 'available' });
        });
        return null;
      },
    },
  ],
  async failed({ input, services }, reason) {
    await services.catalog.write(async (transaction) => {
      await failSnapshots(transaction, input.copies, reason);
      const image = await transaction.images.get(input.imageId);
      if (image?.state !== 'pending') return;
      await transaction.images.update({ ...image, state: 'failed', stateReason: reason });
    });
  },
});

async function read(context: Context): Promise<Outputs['read']> {
  const { services, input, task, signal } = context;
  const tell = tellProgress(services, task, 'read');
  const tellRows = input.copies.map(({ snapshotId }) => progressWriter(services, snapshotId));
  return services.uploads.run(() =>
    whileThereIsRoom(services, task.region, signal, (whileRoom) =>
      unlessSilentExport(
        services,
        { what: input.imageId, signal: whileRoom },
        ({ onProgress: goesOn, signal: wanted }) => {
          const onProgress = (done: number, total: number) => {
            goesOn();
            tell(done, total);
            for (const tellRow of tellRows) tellRow(done, total);
          };
          return readInto(context, { onProgress, signal: wanted });
        },
      ),
    ),
  );
}

async function readInto(
  { services, input, task }: Context,
  options: { onProgress: (done: number, total: number) => void; signal: AbortSignal },
): Promise<Outputs['read']> {
  const { filePlaces } = services.site;
  const { folder: name, key, copies } = input;
  const folder = filePlaces?.exportFolders[name] ?? filePlaces?.importFolders[name];
  if (folder === undefined) throw clientError(`There is no bucket ${name}.`);
  try {
    const file = await openFolderFile(folder, key);
    try {
      if (file.validator !== input.validator) throw changed(key);
      await using writer = services.blocks.of(task.region).begin();
      const roots = copies.map(({ map }) => map);
      const disks = await readStoredImage(file, writer, roots, options);
      return copies.map(({ snapshotId, map: root, volumeSizeGiB }, index) => {
        const { sizeBytes = 0, fullSizeBytes = 0 } = disks[index] ?? {};
        if (sizeBytes > volumeSizeGiB * gibBytes) {
          throw new StoredImageError('A disk of it is larger than it says.');
        }
        return { snapshotId, root, fullSizeBytes };
      });
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof StoredImageError || error instanceof SourceRefused) {
      throw clientError(error.message);
    }
    throw error;
  }
}
