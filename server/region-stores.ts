/**
 * Which regions have a block store of their own, and where: on record in the home from the start
 * that first named it, so that collection, fsck and later starts know of it too. A store says
 * itself which one it is and of which host, so that neither an empty mount point nor another
 * Imago's folder is taken for it.
 */
import path from 'node:path';
import type { Ids } from './domain/identity.ts';
import { type Files, isAbsent } from './files/files.ts';
import { makeLastingFolder } from './files/lasting-folder.ts';
import { readFileWithin, replaceFile } from './files/whole-file.ts';
import type { Home } from './foundations/home.ts';

export interface RegionStore {
  folder: string;
  id: string;
}

/** By region. */
export type RegionStores = Readonly<Record<string, RegionStore>>;

/** What a store says of itself. */
interface Identity {
  id: string;
  host: string;
}

const fileMaxBytes = 65_536;
const identityName = 'imago-store.json';
/** What a file system has at its top, and what a start that was killed leaves. */
const ofNobody = ['lost+found', `${identityName}.new`];
const folderMode = 0o750;

export class RegionStoreError extends Error {
  override name = 'RegionStoreError';
  readonly advice: string;
  constructor(message: string, advice: string) {
    super(message);
    this.advice = advice;
  }
}

export async function readRegionStores(home: Home, files: Files): Promise<RegionStores> {
  const text = await readFileWithin(files, home.regionStoresFile, fileMaxBytes);
  return text ? (JSON.parse(text.toString()) as RegionStores) : {};
}

/** Whether it is where the record says. */
export async function isThere(files: Files, { folder, id }: RegionStore): Promise<boolean> {
  return (await readIdentity(files, folder))?.id === id;
}

/**
 * The blocks of a home itself: without an identity, or with that of this host. Throws
 * RegionStoreError where another Imago was made of them.
 */
export async function checkHomeBlocks(files: Files, folder: string, hostId: string): Promise<void> {
  const found = await readIdentity(files, folder);
  if (!found || found.host === hostId) return;
  throw new RegionStoreError(
    `The blocks in ${folder} are another Imago's: it was recovered from them.`,
    'Serve that one: its home has all that was here when it was recovered. To have both, recover from a copy of the folder.',
  );
}

/** Throws RegionStoreError. */
export async function checkStillThere(files: Files, { folder, id }: RegionStore): Promise<void> {
  const found = await readIdentity(files, folder);
  if (found?.id === id) return;
  if (!found) {
    throw new RegionStoreError(
      `the store is not in ${folder} now`,
      'Mount the disk that it is on.',
    );
  }
  throw new RegionStoreError(
    `the store in ${folder} is another Imago's now`,
    'Somebody has recovered an Imago from it.',
  );
}

export interface SettleServices {
  home: Home;
  files: Files;
  ids: Pick<Ids, 'uuid'>;
  hostId: string;
  /** The region has blocks in the home. */
  isUsed: (region: string) => Promise<boolean>;
}

/**
 * Makes the stores that a start names for regions (undefined: what is on record holds), and answers
 * the record. Throws RegionStoreError.
 */
export async function settleRegionStores(
  services: SettleServices,
  asked: ReadonlyMap<string, string | undefined>,
): Promise<RegionStores> {
  const { home, files } = services;
  const known = await readRegionStores(home, files);
  const stores: Record<string, RegionStore> = { ...known };
  for (const [region, named] of asked) {
    const folder = named ?? known[region]?.folder;
    if (folder === undefined) continue;
    const id = await settle(services, region, folder, known[region]);
    stores[region] = { folder, id };
  }
  if (JSON.stringify(stores) !== JSON.stringify(known)) {
    await writeRegionStores(home, files, stores);
  }
  return stores;
}

/** A store of an Imago that is gone is this host's from now on: answers its record. */
export async function adoptStore(
  { files, ids, hostId }: Pick<SettleServices, 'files' | 'ids' | 'hostId'>,
  folder: string,
): Promise<RegionStore> {
  const identity: Identity = { id: ids.uuid(), host: hostId };
  await writeIdentity(files, folder, identity);
  return { folder, id: identity.id };
}

export async function writeRegionStores(
  home: Home,
  files: Files,
  stores: RegionStores,
): Promise<void> {
  await replaceFile(files, home.regionStoresFile, Buffer.from(`${JSON.stringify(stores)}\n`));
}

/**
 * The store of copies in a folder, made where there is none yet; `known` is its id from before.
 * Undefined: it is not here now. Throws RegionStoreError where the folder is another's.
 */
export async function settleCopyStore(
  services: Pick<SettleServices, 'files' | 'ids' | 'hostId'>,
  folder: string,
  known: string | undefined,
): Promise<string | undefined> {
  const { files, ids, hostId } = services;
  const found = await readIdentity(files, folder);
  if (known !== undefined) return found?.id === known ? known : undefined;
  if (found && found.host !== hostId) {
    throw new RegionStoreError(
      `${folder} is the block store of another Imago.`,
      'Name another folder with --copy-store.',
    );
  }
  if (found) return synced(files, folder, found);
  const identity: Identity = { id: ids.uuid(), host: hostId };
  await makeFolder(files, folder);
  await writeIdentity(files, folder, identity);
  return identity.id;
}

async function settle(
  { files, ids, hostId, isUsed }: SettleServices,
  region: string,
  folder: string,
  known: RegionStore | undefined,
): Promise<string> {
  const found = await readIdentity(files, folder);
  if (known && found?.id !== known.id) {
    throw new RegionStoreError(
      `The blocks of the region ${region} are not in ${folder}.`,
      `Mount the disk that they are on, or say where they are now: --region ${region}=FOLDER. To serve the other regions without them, leave this one away.`,
    );
  }
  if (known) return known.id;
  if (found && found.host !== hostId) {
    throw new RegionStoreError(
      `${folder} is the block store of another Imago.`,
      `Name another folder: --region ${region}=FOLDER.`,
    );
  }
  if (await isUsed(region)) {
    throw new RegionStoreError(
      `The region ${region} has its blocks in the home already.`,
      'Leave its store away; give one to a new region, and copy images there.',
    );
  }
  if (found) return synced(files, folder, found);
  const identity: Identity = { id: ids.uuid(), host: hostId };
  await makeFolder(files, folder);
  await writeIdentity(files, folder, identity);
  return identity.id;
}

/** Whoever wrote it may have been killed before its name was on disk. */
async function synced(files: Files, folder: string, { id }: Identity): Promise<string> {
  await files.syncFolder(folder);
  return id;
}

async function writeIdentity(files: Files, folder: string, identity: Identity): Promise<void> {
  const text = Buffer.from(`${JSON.stringify(identity)}\n`);
  await replaceFile(files, path.join(folder, identityName), text);
}

async function readIdentity(files: Files, folder: string): Promise<Identity | undefined> {
  const text = await readFileWithin(files, path.join(folder, identityName), fileMaxBytes);
  return text && (JSON.parse(text.toString()) as Identity);
}

/** Nothing of others is among its files. */
async function makeFolder(files: Files, folder: string): Promise<void> {
  const names = await files.readdir(folder).catch((error) => {
    if (isAbsent(error)) return undefined;
    throw error;
  });
  if (names?.some((name) => !ofNobody.includes(name))) {
    throw new RegionStoreError(
      `${folder} is not empty, and no block store.`,
      'Name an empty folder, or one that is to be made.',
    );
  }
  await makeLastingFolder(files, folder, folderMode);
}
