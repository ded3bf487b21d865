/** For tests: a catalog that is sealed into a store, and what is read of it again. */
import type { BlockReader, BlockStore } from '../blocks/block-store.ts';
import { sealKeyOf } from '../blocks/sealed-block.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { readCatalogRecord, type SealedCatalog } from './catalog-record.ts';
import type { CatalogLine } from './catalog-stream.ts';
import type { RecoveryKey } from './recovery-key.ts';
import { openSealedCatalog, sealCatalog } from './sealed-catalog.ts';

export const facts = { imago: '0', schema: 1, regions: ['us-east-1'], zones: 1 };

export const someKey: RecoveryKey = {
  entry: { id: 'key-1', createdAt: '2026-11-26T00:00:00.000Z', wrapped: '' },
  key: sealKeyOf(Buffer.alloc(32, 'of a test')),
};

export function seal(
  store: BlockStore,
  catalog: Catalog,
  now = new Date('2026-11-26T10:00:00Z'),
): Promise<SealedCatalog | undefined> {
  return sealCatalog({ store, catalog, facts, key: someKey, now });
}

export async function linesOf(
  store: BlockReader,
  sealed: Pick<SealedCatalog, 'root'>,
): Promise<CatalogLine[]> {
  return Array.fromAsync((await openSealedCatalog(store, sealed, someKey)).lines());
}

/** The lines of all catalogs that the record of the store names. */
export async function allLines(store: BlockStore): Promise<CatalogLine[][]> {
  const catalogs = (await readCatalogRecord(store))?.catalogs ?? [];
  return Promise.all(catalogs.map((sealed) => linesOf(store, sealed)));
}
