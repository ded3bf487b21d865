/**
 * Which of the sealed catalogs an Imago is brought back from: the newest that can be read to its
 * end, in whichever store. One that is damaged is told, and the one before is taken; a key that is
 * not the right one ends it, since the operator may have another.
 */
import { WrongSealError } from '../blocks/sealed-block.ts';
import type { Files } from '../files/files.ts';
import type { SealedCatalog } from './catalog-record.ts';
import { openRecoveryKey, RecoveryKeyError, type RecoveryKeySource } from './recovery-key.ts';
import { type CatalogRows, readRows } from './recovery-plan.ts';
import { type OpenedCatalog, openSealedCatalog, SealedCatalogError } from './sealed-catalog.ts';
import { isDamage, type StoreToRecover } from './stores-to-recover.ts';

export interface UnreadableCatalog {
  number: number;
  createdAt: string;
  /** Of the store. */
  folder: string;
  problem: string;
}

export interface NewestCatalog {
  catalog: SealedCatalog;
  opened: OpenedCatalog;
  rows: CatalogRows;
  /** Newer ones, or the same one in another store. */
  unreadable: UnreadableCatalog[];
}

/** It cannot be done so; the advice says how. */
export class RecoveryError extends Error {
  override name = 'RecoveryError';
  readonly advice: string | undefined;
  constructor(message: string, advice?: string) {
    super(message);
    this.advice = advice;
  }
}

interface Wanted {
  files: Files;
  key: RecoveryKeySource;
  /** A number, or a time: the newest that is not after it. */
  at?: string;
}

/** Throws RecoveryError. */
export async function openNewestCatalog(
  stores: readonly StoreToRecover[],
  wanted: Wanted,
): Promise<NewestCatalog> {
  const unreadable: UnreadableCatalog[] = [];
  for (const { store, catalog } of candidates(stores, wanted.at)) {
    try {
      const opened = await open(store, catalog, wanted);
      return { catalog, opened, rows: await readRows(opened), unreadable };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      const { number, createdAt } = catalog;
      const problem = (error as Error).message;
      unreadable.push({ number, createdAt, folder: store.folder, problem });
    }
  }
  const [first] = unreadable;
  throw new RecoveryError(
    `No sealed catalog can be read; that of ${first?.createdAt} in ${first?.folder}: ${first?.problem}.`,
    'Name an earlier one with --at, or another store with --from.',
  );
}

function isUnreadable(error: unknown): boolean {
  if (error instanceof SealedCatalogError || error instanceof WrongSealError) return true;
  return isDamage(error);
}

function candidates(stores: readonly StoreToRecover[], at: string | undefined) {
  const all = stores.flatMap((store) =>
    (store.record?.catalogs ?? []).map((catalog) => ({ store, catalog })),
  );
  all.sort((a, b) => b.catalog.createdAt.localeCompare(a.catalog.createdAt));
  if (all.length === 0) {
    throw new RecoveryError(
      'No catalog is sealed into this store.',
      'Its Imago was served without a key to recover it with. Name another store with --from.',
    );
  }
  const found = all.filter(({ catalog }) => at === undefined || isAt(catalog, at));
  if (found.length === 0) {
    const known = all.map(({ catalog }) => `${catalog.number} (${catalog.createdAt})`);
    throw new RecoveryError(`No sealed catalog is of ${at}.`, `There are: ${known.join(', ')}.`);
  }
  return found;
}

function isAt({ number, createdAt }: SealedCatalog, at: string): boolean {
  if (/^\d{1,9}$/.test(at)) return number === Number(at);
  return Date.parse(createdAt) <= Date.parse(at);
}

async function open(
  { record, blocks }: StoreToRecover,
  catalog: SealedCatalog,
  { files, key }: Wanted,
): Promise<OpenedCatalog> {
  const entry = record?.keys.find(({ id }) => id === catalog.key);
  if (!entry) throw new RecoveryError('The key that the catalog is sealed under is not there.');
  try {
    return await openSealedCatalog(blocks, catalog, await openRecoveryKey(files, entry, key));
  } catch (error) {
    if (!(error instanceof RecoveryKeyError)) throw error;
    throw new RecoveryError(
      `The catalog of ${catalog.createdAt} cannot be opened: ${error.message}.`,
      'Nothing was changed. Give the right key: the file or passphrase that its Imago was served with then.',
    );
  }
}
