/**
 * Makes a home of what a sealed catalog says: on a host that has nothing but the block stores. Until
 * it is whole the home says so (`recovering`), nobody serves it, and a recovery that was cut off is
 * begun again. The stores are read first; all that is written into them is whose they are now.
 */
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock, Ids } from '../domain/identity.ts';
import { recoveredRow } from '../domain/recovered-rows.ts';
import { type Files, isAbsent } from '../files/files.ts';
import { makeLastingFolder } from '../files/lasting-folder.ts';
import { replaceFile, unlinkIfThere } from '../files/whole-file.ts';
import type { Home } from '../foundations/home.ts';
import { recordOf } from '../foundations/process-record.ts';
import { hostIdOf } from '../host-id.ts';
import { adoptStore, type RegionStore, writeRegionStores } from '../region-stores.ts';
import type { SealedCatalog } from './catalog-record.ts';
import { sealedTables } from './catalog-stream.ts';
import { openNewestCatalog, RecoveryError, type UnreadableCatalog } from './newest-catalog.ts';
import type { RecoveryKeySource } from './recovery-key.ts';
import { planRecovery, type RecoveryPlan, type RecoveryReport } from './recovery-plan.ts';
import type { CatalogFacts, OpenedCatalog } from './sealed-catalog.ts';
import { type StoreToRecover, storeToRecover } from './stores-to-recover.ts';

export interface RecoverOptions {
  home: Home;
  files: Files;
  /** Block stores, or homes that have them. */
  from: readonly string[];
  key: RecoveryKeySource;
  /** The number of a sealed catalog, or a time: the newest that is not after it. */
  at?: string;
  /** Reads all blocks. */
  verify: boolean;
  dryRun: boolean;
  isArchived(snapshotId: string): Promise<boolean>;
  /** Where the catalog is to be: not called where nothing is written. */
  openCatalog(): Promise<Catalog>;
  /** Says in the home which catalog is its. */
  recordPlace(): Promise<void>;
  clock: Clock;
  ids: Ids;
  onProgress?(doing: string): void;
}

export interface Recovered {
  catalog: SealedCatalog;
  facts: CatalogFacts;
  report: RecoveryReport;
  /** Newer ones, or the same one in another store. */
  unreadable: UnreadableCatalog[];
}

export async function recover(options: RecoverOptions): Promise<Recovered> {
  const { files, home, from, dryRun } = options;
  const stores: StoreToRecover[] = [];
  for (const folder of from) stores.push(await storeToRecover(files, folder));
  await checkHome(files, home, stores);
  const { catalog, opened, rows, unreadable } = await openNewestCatalog(stores, options);
  const planning = { ...options, catalog: opened, rows, stores, now: options.clock.now() };
  if (dryRun) {
    const { report } = await planRecovery({ ...planning, hostId: 'h-0' });
    return { catalog, facts: opened.facts, report, unreadable };
  }
  await beginHome(files, home);
  const hostId = await hostIdOf(home, files, options.ids);
  const plan = await planRecovery({ ...planning, hostId });
  await writeCatalog(options, opened, plan);
  const { masterKey } = opened.facts;
  if (masterKey !== undefined) {
    await replaceFile(files, home.masterKeyFile, Buffer.from(masterKey, 'base64'));
  }
  await options.recordPlace();
  await adoptStores(options, hostId, plan.report.regions);
  await files.unlink(home.recoveringFile);
  await files.syncFolder(home.folder);
  return { catalog, facts: opened.facts, report: plan.report, unreadable };
}

/** What a file system has at its top, a lock and what a first try left. */
const ofNoMatter = ['lost+found', 'run', 'lock', 'recovering.new'];

/** What a recovery that was cut off has left is no Imago; neither is a store alone. */
async function checkHome(files: Files, home: Home, stores: readonly StoreToRecover[]) {
  const names = await namesIn(files, home.folder);
  if (names.includes('recovering')) return;
  const isStore = stores.some(({ folder }) => folder === home.blocksFolder);
  const others = names.filter(
    (name) => !ofNoMatter.includes(name) && !(isStore && name === 'blocks'),
  );
  if (others.length === 0) return;
  throw new RecoveryError(
    `${home.folder} is not empty: it has ${others[0]}.`,
    'Name a home that is to be made: --home NEW.',
  );
}

async function namesIn(files: Files, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder);
  } catch (error) {
    if (isAbsent(error)) return [];
    throw error;
  }
}

/** Of an earlier try nothing is left but the host's id, under which a database may have rows. */
async function beginHome(files: Files, home: Home): Promise<void> {
  await makeLastingFolder(files, home.folder, 0o700);
  await replaceFile(files, home.recoveringFile, Buffer.from('It is not whole yet.\n'));
  const { catalogFile, masterKeyFile, regionStoresFile, catalogPlaceFile } = home;
  for (const file of [
    ...['', '-wal', '-shm', '-journal'].map((ending) => `${catalogFile}${ending}`),
    masterKeyFile,
    regionStoresFile,
    catalogPlaceFile,
  ]) {
    await unlinkIfThere(files, file);
  }
  await files.syncFolder(home.folder);
}

/** All rows in one transaction: there are none, or all. */
async function writeCatalog(
  { openCatalog, onProgress }: RecoverOptions,
  opened: OpenedCatalog,
  { facts }: RecoveryPlan,
): Promise<void> {
  const catalog = await openCatalog();
  try {
    await catalog.write(async (transaction) => {
      // An empty one has no account. One that this recovery filled has its host's rows.
      const [some] = await transaction.accounts.list({ limit: 1 });
      if (some) await clear();
      let count = 0;
      for await (const { table, row } of opened.lines()) {
        const recovered = recoveredRow(table, row, facts);
        if (recovered) await transaction[table].insert(recovered as never);
        if (++count % 1000 === 0) onProgress?.(`${count} of ${opened.facts.rows} rows`);
      }

      async function clear(): Promise<void> {
        const marks = await transaction.leases.get(facts.hostId);
        if (!marks) {
          throw new RecoveryError('The database has an Imago already.', 'Name one that is empty.');
        }
        for (const table of sealedTables) {
          for (const { id } of await transaction[table].list()) await transaction[table].delete(id);
        }
        await transaction.leases.delete(facts.hostId);
      }
      const [owner, until] = [JSON.stringify(recordOf(process.pid)), facts.now.toISOString()];
      await transaction.leases.insert({ id: facts.hostId, owner, until, epoch: 0 });
    });
  } finally {
    await catalog.close();
  }
}

/**
 * Each is this host's from now on. That in the home needs no record; what it was before counts no
 * more.
 */
async function adoptStores(
  { files, ids, home }: RecoverOptions,
  hostId: string,
  regions: RecoveryReport['regions'],
): Promise<void> {
  const adopted = new Map<string, RegionStore>();
  const stores: Record<string, RegionStore> = {};
  for (const [region, folder] of Object.entries(regions)) {
    if (folder === undefined) continue;
    const store = adopted.get(folder) ?? (await adoptStore({ files, ids, hostId }, folder));
    adopted.set(folder, store);
    if (folder !== home.blocksFolder) stores[region] = store;
  }
  if (Object.keys(stores).length > 0) await writeRegionStores(home, files, stores);
}
