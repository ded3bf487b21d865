/** Block stores that an Imago which serves keeps in step with its own (recovery/store-copy.ts). */
import { BlockThreads } from './blocks/fs/block-threads.ts';
import { FsBlockStore } from './blocks/fs/fs-block-store.ts';
import { collectBlocks } from './collection/collector.ts';
import { usualGraceMs } from './collection/garbage-collector.ts';
import { Pace } from './collection/pace.ts';
import type { DraftBlocks } from './drafts/draft-blocks.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { CatalogKeeper } from './recovery/catalog-keeper.ts';
import { StoreCopy } from './recovery/store-copy.ts';
import { checkStillThere, settleCopyStore } from './region-stores.ts';
import type { TaskServices } from './tasks/task.ts';

const recordMaxBytes = 65_536;
/** As the collection of the own stores in the background. */
const restRatio = 3;

export interface CopyStoreOptions {
  folders: readonly string[];
  bytesPerSecond?: number;
}

type CopyingServices = Pick<
  TaskServices,
  'home' | 'files' | 'ids' | 'site' | 'catalog' | 'blocks' | 'archives' | 'clock' | 'log'
>;

/** Throws RegionStoreError where a folder is not fit for it. */
export async function beginCopies(
  services: CopyingServices,
  keeper: CatalogKeeper,
  { folders, bytesPerSecond }: CopyStoreOptions,
): Promise<StoreCopy[]> {
  const copies: StoreCopy[] = [];
  for (const folder of folders) {
    await settle(services, folder);
    const copy = new StoreCopy({
      ...services,
      folder,
      bytesPerSecond,
      checkHere: () => checkHere(services, folder),
      open: () => {
        const checkOwner = () => checkHere(services, folder);
        return FsBlockStore.open(folder, {
          work: new BlockThreads({ background: true }),
          checkOwner,
        });
      },
      settled: () => keeper.settled(),
      collect: (blocks, roots) =>
        collectBlocks(
          { ...services, blocks, roots, drafts: noDrafts },
          { graceMs: usualGraceMs, pace: new Pace(restRatio) },
        ),
    });
    copy.start();
    copies.push(copy);
  }
  return copies;
}

/** What is put into drafts is in no snapshot yet. */
const noDrafts: DraftBlocks = { hostId: '', async *digests() {} };

/** Throws RegionStoreError. One that has never been here is made. */
async function checkHere(services: CopyingServices, folder: string): Promise<void> {
  const id = (await settle(services, folder)) ?? (await knownCopies(services))[folder] ?? '';
  await checkStillThere(services.files, { folder, id });
}

async function knownCopies({ home, files }: CopyingServices): Promise<Record<string, string>> {
  const text = await readFileWithin(files, home.copyStoresFile, recordMaxBytes);
  return text ? (JSON.parse(text.toString()) as Record<string, string>) : {};
}

/** Its id is on record from the first time on: an empty mount point is not taken for it. */
async function settle(services: CopyingServices, folder: string) {
  const { home, files, ids, site } = services;
  const known = await knownCopies(services);
  const id = await settleCopyStore({ files, ids, hostId: site.hostId }, folder, known[folder]);
  if (id !== undefined && id !== known[folder]) {
    const record = Buffer.from(`${JSON.stringify({ ...known, [folder]: id })}\n`);
    await replaceFile(files, home.copyStoresFile, record);
  }
  return id;
}
