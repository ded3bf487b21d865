/**
 * Opens the block stores of a home: its own, and those of the regions that have one elsewhere, as
 * the record says (region-stores.ts). One of a region that is not served may be absent. It chooses
 * the implementation.
 */
import type { BlockStore } from './blocks/block-store.ts';
import { type BlockStores, blockStores, type OwnStore } from './blocks/block-stores.ts';
import { BlockThreads, writingThreads } from './blocks/fs/block-threads.ts';
import { FsBlockStore, type FsBlockStoreOptions } from './blocks/fs/fs-block-store.ts';
import { writeBlockStoreDescription } from './blocks/store-description.ts';
import type { Catalog } from './catalog/catalog.ts';
import { randomIds } from './domain/identity.ts';
import type { Files } from './files/files.ts';
import { nodeFiles } from './files/node/node-files.ts';
import type { Home } from './foundations/home.ts';
import type { Log } from './foundations/log.ts';
import type { UnprivilegedIdentity } from './foundations/unprivileged.ts';
import { checkPassage, HomeImpassableError } from './home-passage.ts';
import { hostIdOf } from './host-id.ts';
import {
  checkHomeBlocks,
  checkStillThere,
  isThere,
  RegionStoreError,
  type RegionStores,
  readRegionStores,
  settleRegionStores,
} from './region-stores.ts';

export interface OpenedStores {
  blocks: BlockStores;
  /** Of the stores that are there, by region. */
  folders: Record<string, string>;
  /** Regions whose blocks are not here. */
  absent: string[];
  close(): Promise<void>;
}

async function openStores(
  home: Home,
  files: Files,
  stores: RegionStores,
  hostId: string,
  options: () => FsBlockStoreOptions,
): Promise<OpenedStores> {
  const checkHome = () => checkHomeBlocks(files, home.blocksFolder, hostId);
  await checkHome();
  const opened: BlockStore[] = [];
  const open = async (folder: string, checkOwner: () => Promise<void>) => {
    const store = await FsBlockStore.open(folder, { ...options(), checkOwner });
    opened.push(store);
    return store;
  };
  const shared = await open(home.blocksFolder, checkHome);
  const own = new Map<string, OwnStore & { regions: string[] }>();
  const folders: Record<string, string> = {};
  const absent: string[] = [];
  for (const [region, place] of Object.entries(stores)) {
    const there = await isThere(files, place);
    if (there) folders[region] = place.folder;
    else absent.push(region);
    const same = own.get(place.id);
    if (same) same.regions.push(region);
    else {
      const check = () => checkStillThere(files, place);
      const store = there ? await open(place.folder, check) : undefined;
      own.set(place.id, { regions: [region], store });
    }
  }
  return {
    blocks: blockStores(shared, [...own.values()]),
    folders,
    absent,
    close: async () => void (await Promise.all(opened.map((store) => store.close()))),
  };
}

/** While no Imago runs with the home. */
export async function openStoresAtRest(
  home: Home,
  options: FsBlockStoreOptions = {},
): Promise<OpenedStores> {
  const hostId = await hostIdOf(home, nodeFiles, randomIds);
  return openStores(
    home,
    nodeFiles,
    await readRegionStores(home, nodeFiles),
    hostId,
    () => options,
  );
}

export interface ServedStores {
  home: Home;
  hypervisor: 'qemu' | 'simulated';
  regions: readonly string[];
  /** Named by this start. */
  stores?: Readonly<Record<string, string>>;
}

interface ServingParts {
  catalog: Catalog;
  hostId: string;
  /** Of the data plane. */
  identity: UnprivilegedIdentity | undefined;
  log: Log;
}

/** The data plane is told of them by a file, which the group of its identity may read. */
export async function openServedStores(
  { home, hypervisor, regions, stores = {} }: ServedStores,
  { catalog, hostId, identity, log }: ServingParts,
): Promise<OpenedStores> {
  const asked = new Map(regions.map((region) => [region, stores[region]]));
  const isUsed = (region: string) =>
    catalog.read(async ({ snapshots }) => {
      return (await snapshots.list({ where: { region }, limit: 1 })).length > 0;
    });
  const settling = { home, files: nodeFiles, ids: randomIds, hostId, isUsed };
  const settled = await settleRegionStores(settling, asked);
  const opened = await openStores(home, nodeFiles, settled, hostId, () => ({
    readerGid: identity?.gid,
    work: new BlockThreads({ threads: writingThreads, background: true }),
  }));
  const { absent, folders } = opened;
  if (absent.length > 0) log.warn('regions are without their blocks', { regions: absent });
  if (hypervisor === 'qemu' && identity) {
    for (const folder of Object.values(folders)) checkReadable(folder, identity);
  }
  const owner = identity && { uid: process.getuid?.() ?? 0, gid: identity.gid };
  const description = { kind: 'fs', folder: home.blocksFolder, regions: folders } as const;
  await writeBlockStoreDescription(nodeFiles, home.blockStoreFile, description, {
    mode: 0o640,
    owner,
  });
  return opened;
}

function checkReadable(folder: string, identity: UnprivilegedIdentity): void {
  try {
    checkPassage(folder, [identity]);
  } catch (error) {
    if (!(error instanceof HomeImpassableError)) throw error;
    const { uid, barrier } = error;
    throw new RegionStoreError(
      `Blocks are read as user ${uid}, who may not pass through ${barrier} to ${folder}.`,
      `Name another folder, or let all pass: chmod o+x ${barrier}`,
    );
  }
}
