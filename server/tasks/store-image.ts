/**
 * CreateStoreImageTask: an image becomes one file in a folder that the operator allowed, under its
 * name when it is whole. Whatever becomes of the image meanwhile, its maps are the task's.
 */
import type { CatalogTransaction } from '../catalog/catalog.ts';
import type { StoreImageTaskRow } from '../catalog/rows/export-task.ts';
import type { StoreImageInput } from '../domain/stored-images.ts';
import { FolderTarget } from '../transfers/folder-target.ts';
import { type Append, writeStoredImage } from '../transfers/stored-image.ts';
import { explainWritten, exportFolderOf, unlessSilentExport } from './export-folder.ts';
import { defineTask, type StepContext } from './task.ts';

interface Outputs {
  write: null;
  publish: null;
}

type Context = StepContext<StoreImageInput, Partial<Outputs>>;

export const storeImage = defineTask<StoreImageInput, Outputs>({
  kind: 'store-image',
  steps: [
    {
      name: 'write',
      run: write,
      undo: (context) => withTarget(context, (target) => target.remove()),
    },
    {
      name: 'publish',
      async run(context) {
        await withTarget(context, (target) => target.publish());
        await change(context, () => ({ state: 'Completed', progressPercent: 100 }));
        return null;
      },
      // An object of an earlier task may have had the name: one of the two is there, and whole.
    },
  ],
  async failed(context, { message }) {
    await change(context, () => ({ state: 'Failed', failureReason: message }));
  },
});

async function write(context: Context): Promise<null> {
  const { services, input, signal } = context;
  await services.uploads.run(() =>
    unlessSilentExport(services, { what: input.storeId, signal }, async (whileWanted) => {
      const target = await targetOf(context);
      let told = 0;
      const onProgress = (done: number, total: number) => {
        whileWanted.onProgress();
        const progressPercent = Math.min(99, Math.floor((done / total) * 100));
        if (progressPercent < told + 2) return;
        told = progressPercent;
        change(context, ({ state }) =>
          state === 'InProgress' ? { progressPercent } : undefined,
        ).catch((error) => services.log.warn('progress could not be written', { error }));
      };
      const disks = input.sources.map(({ root, region }) => ({
        reader: services.blocks.of(region),
        root,
      }));
      const sealed = input.manifest.disks.some(({ key }) => key !== undefined);
      await target
        .write(async (file) => {
          let at = 0;
          const append: Append = async (bytes) => {
            await file.write(bytes, at);
            at += bytes.length;
          };
          const { signal: wanted } = whileWanted;
          const options = { onProgress, signal: wanted, sealed };
          await writeStoredImage(append, input.manifest, disks, options);
        })
        .catch(explainWritten(input.folder));
    }),
  );
  return null;
}

function targetOf({ services, input }: Context): Promise<FolderTarget> {
  const folder = exportFolderOf(services.site, input.folder);
  return FolderTarget.of(services.files, folder, input.key, input.storeId);
}

/** A folder that does not answer holds nobody. */
function withTarget(
  context: Context,
  work: (target: FolderTarget) => Promise<void>,
): Promise<void> {
  const { services, input, signal } = context;
  return unlessSilentExport(services, { what: input.storeId, signal }, async () =>
    work(await targetOf(context)),
  );
}

async function change(
  { services, input: { storeId } }: Context,
  change: (row: StoreImageTaskRow) => Partial<StoreImageTaskRow> | undefined,
): Promise<void> {
  await services.catalog.write(async ({ storeImageTasks }: CatalogTransaction) => {
    const row = await storeImageTasks.get(storeId);
    const changed = row && change(row);
    if (changed) await storeImageTasks.update({ ...row, ...changed });
  });
}
