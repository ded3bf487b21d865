/**
 * What the suites of the catalog share: a new catalog for each test, and what they ask of its key
 * pairs again and again.
 */
import { afterEach, beforeEach, describe } from 'node:test';
import type { Catalog, Query } from './catalog.ts';
import type { KeyPairRow } from './rows/key-pair.ts';

/** `define` gets the catalog that the test under way has. */
export function describeCatalog(
  title: string,
  open: () => Promise<Catalog>,
  define: (catalog: Catalog) => void,
): void {
  describe(title, () => {
    let opened: Catalog;
    beforeEach(async () => {
      opened = await open();
    });
    afterEach(() => opened.close());
    define({
      read: (work) => opened.read(work),
      write: (work) => opened.write(work),
      close: () => opened.close(),
    });
  });
}

export function keyPairsOf(catalog: Catalog) {
  return {
    insert: (...rows: KeyPairRow[]) =>
      catalog.write(async ({ keyPairs }) => {
        for (const row of rows) await keyPairs.insert(row);
      }),
    get: (id: string) => catalog.read(({ keyPairs }) => keyPairs.get(id)),
    list: (query?: Query<'keyPairs'>) =>
      catalog.read(async ({ keyPairs }) => (await keyPairs.list(query)).map((row) => row.id)),
    count: (query?: Query<'keyPairs'>) => catalog.read(({ keyPairs }) => keyPairs.count(query)),
  };
}
