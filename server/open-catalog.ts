/**
 * Where the catalog is: in the home, or in a PostgreSQL database that is named at the start. No
 * other than the home's is opened.
 */
import type { Catalog } from './catalog/catalog.ts';
import { openSqliteCatalog, type SqliteCatalogOptions } from './catalog/sqlite/sqlite-catalog.ts';
import { checkCatalogPlace } from './catalog-place.ts';
import type { CatalogDatabase } from './config.ts';
import { nodeFiles } from './files/node/node-files.ts';
import type { Home } from './foundations/home.ts';

export async function openCatalog(
  home: Home,
  database: CatalogDatabase | undefined,
  options?: SqliteCatalogOptions,
): Promise<Catalog> {
  await checkCatalogPlace(home, nodeFiles, database);
  if (!database) return openSqliteCatalog(home.catalogFile, options);
  // Its driver is loaded only by who needs it.
  const { openPostgresCatalog } = await import('./catalog/postgres/postgres-catalog.ts');
  return openPostgresCatalog(database);
}
