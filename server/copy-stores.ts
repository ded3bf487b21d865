/** Block stores that an Imago which serves keeps in step with its own (recovery/store-copy.ts). */
import type { BlockStore, Digest } from './blocks/block-store.ts';
import { oneBlockStore } from './blocks/block-stores.ts';
import { BlockThreads } from './blocks/fs/block-threads.ts';
import { FsBlockStore } from './blocks/fs/fs-block-store.ts';
import { collectBlocks } from './collection/collector.ts';
import { usualGraceMs } from './collection/garbage-collector.ts';
import { Pace } from './collection/pace.ts';
import { Scrubber } from './collection/scrubber.ts';
import type { DraftBlocks } from './drafts/draft-blocks.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { Log } from './foundations/log.ts';
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
  /** What a stop takes at most to bring each up to date. */
  lastMs?: number;
}

interface CopyOptions extends CopyStoreOptions {
  /** In how many days all of one is read and verified; 0: never. */
  scrubDays: number;
}

type CopyingServices = Pick<
  TaskServices,
  'home' | 'files' | 'ids' | 'site' | 'catalog' | 'blocks' | 'archives' | 'clock' | 'log'
>;

/** Throws RegionStoreError where a folder is not fit for it. */
export async function beginCopies(
  services: CopyingServices,
  keeper: CatalogKeeper,
  { folders, bytesPerSecond, lastMs, scrubDays }: CopyOptions,
): Promise<StoreCopy[]> {
  const copies: StoreCopy[] = [];
  for (const folder of folders) {
    await settle(services, folder);
    const copy = new StoreCopy({
      ...services,
      folder,
      bytesPerSecond,
      lastMs,
      checkHere: () => checkHere(services, folder),
      open: () => {
        const checkOwner = () => checkHere(services, folder);
        return FsBlockStore.open(folder, {
          work: new BlockThreads({ background: true }),
          checkOwner,
        });
      },
      settled: () => keeper.settled(),
      verifier: scrubDays === 0 ? undefined : verifierOf(services, folder, scrubDays),
      collect: (blocks, roots, signal) =>
        collectBlocks(
          { ...services, blocks, roots, drafts: noDrafts },
          { graceMs: usualGraceMs, pace: new Pace(restRatio), signal },
        ),
    });
    copy.start();
    copies.push(copy);
  }
  return copies;
}

/** As the own stores are verified, and healed from those. */
function verifierOf(services: CopyingServices, folder: string, days: number) {
  const { blocks: own, log } = services;
  const told =
    (level: keyof Log): Log['info'] =>
    (message, fields) =>
      log[level](message, { folder, ...fields });
  return (store: BlockStore, roots: () => Promise<ReadonlySet<Digest>>) =>
    new Scrubber(
      {
        ...services,
        blocks: oneBlockStore(store),
        log: { info: told('info'), warn: told('warn'), error: told('error') },
        others: () => own.list().map((each) => each.store),
        roots,
      },
      { days },
    );
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
