/**
 * CreateRestoreImageTask: a stored image's blocks are read, verified and put, and then its pending
 * snapshots and the image say so. One that is not what it says fails, and its rows say why.
 */

import { readBlockMap } from '../blocks/block-map.ts';
import { BlockCorruptError, BlockMissingError, blockMaxBytes } from '../blocks/block-store.ts';
import { MalformedMapError } from '../blocks/map-pages.ts';
import { WrongSealError } from '../blocks/sealed-block.ts';
import { copySnapshot } from '../disk/copy-snapshot.ts';
import type { RandomAccess } from '../disk-formats/random-access.ts';
import { recordManifest } from '../domain/provenance/image-manifests.ts';
import type { RestoredDisk, RestoreImageInput } from '../domain/stored-images.ts';
import { gibBytes } from '../foundations/sizes.ts';
import { openFolderFile } from '../transfers/folder-file.ts';
import { changed, SourceRefused } from '../transfers/source-file.ts';
import {
  damaged,
  type Progress,
  readStoredImage,
  StoredBlocks,
  StoredImageError,
} from '../transfers/stored-image.ts';
import { whileThereIsRoom } from './disk-room.ts';
import { clientError, unlessSilentExport } from './export-folder.ts';
import { completeSnapshots, failSnapshots, progressWriter } from './snapshot-rows.ts';
import { sealKeyFor } from './stored-disk.ts';
import { defineTask, type StepContext, type TaskServices } from './task.ts';
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
        const { catalog, clock, masterKey } = services;
        const now = clock.now();
        await catalog.write(async (transaction) => {
          await completeSnapshots(transaction, outputs.read, now);
          const image = await transaction.images.get(input.imageId);
          // Deregistered meanwhile: the snapshots stay.
          if (image?.state !== 'pending') return;
          const available = await transaction.images.update({ ...image, state: 'available' });
          await recordManifest(transaction, available, { masterKey, now });
        });
        return null;
      },
    },
  ],
  async failed({ input, services }, reason) {
    await services.catalog.write(async (transaction) => {
      await failSnapshots(transaction, input.copies, reason, services.clock.now());
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

type Options = Required<Progress>;

async function readInto(
  { services, input, task }: Context,
  options: Options,
): Promise<Outputs['read']> {
  const { filePlaces } = services.site;
  const { folder: name, key, copies } = input;
  const folder = filePlaces?.exportFolders[name] ?? filePlaces?.importFolders[name];
  if (folder === undefined) throw clientError(`There is no bucket ${name}.`);
  try {
    const file = await openFolderFile(folder, key);
    try {
      if (file.validator !== input.validator) throw changed(key);
      if (copies.some(({ encryption }) => encryption)) {
        return await sealAnew(services, { file, copies, region: task.region }, options);
      }
      await using writer = services.blocks.of(task.region).begin();
      const roots = copies.map(({ map }) => map);
      const disks = await readStoredImage(file, writer, roots, options);
      return copies.map(({ snapshotId, map: root, volumeSizeGiB }, index) => {
        const { sizeBytes = 0, fullSizeBytes = 0 } = disks[index] ?? {};
        checkSize(sizeBytes, volumeSizeGiB);
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

function checkSize(sizeBytes: number, volumeSizeGiB: number): void {
  if (sizeBytes <= volumeSizeGiB * gibBytes) return;
  throw new StoredImageError('A disk of it is larger than it says.');
}

interface StoredFile {
  file: RandomAccess;
  copies: readonly RestoredDisk[];
  region: string;
}

/** Nothing is put but what it is to be: the file is read twice. */
async function sealAnew(
  services: TaskServices,
  { file, copies, region }: StoredFile,
  { onProgress, signal }: Options,
): Promise<Outputs['read']> {
  const half = (done: number, total: number) => onProgress(done, 2 * total);
  const from = await StoredBlocks.open(file, { onProgress: half, signal, blockMaxBytes });
  const store = services.blocks.of(region);
  const { sealing } = services;
  const restored: Outputs['read'] = [];
  for (const [
    index,
    { snapshotId, map: root, volumeSizeGiB, source, encryption },
  ] of copies.entries()) {
    const [key, seal] = [
      await sealKeyFor(services, source),
      await sealKeyFor(services, encryption),
    ];
    const tell = (done: number, total: number) =>
      onProgress(1 + (index + done / Math.max(1, total)) / copies.length, 2);
    try {
      checkSize((await readBlockMap(from, root)).sizeBytes, volumeSizeGiB);
      const options = { from, store, root, key, seal, sealing, onProgress: tell, signal };
      const { root: made, fullSizeBytes } = await copySnapshot(options);
      restored.push({ snapshotId, root: made, fullSizeBytes });
    } catch (error) {
      throw explainFound(error);
    }
  }
  return restored;
}

/** What is wrong with the file, and not with what it is read into. */
function explainFound(error: unknown): unknown {
  const isMap = error instanceof MalformedMapError || error instanceof BlockMissingError;
  if (isMap) return damaged('a map of it is none');
  const isBlock = error instanceof WrongSealError || error instanceof BlockCorruptError;
  return isBlock ? damaged('a block of it cannot be opened') : error;
}
