/** Where the catalog is: in the home, or in a PostgreSQL database that is named at the start. */
import type { Catalog } from './catalog/catalog.ts';
import { openSqliteCatalog, type SqliteCatalogOptions } from './catalog/sqlite/sqlite-catalog.ts';
import type { CatalogDatabase } from './config.ts';
import type { Home } from './foundations/home.ts';

export async function openCatalog(
  home: Home,
  database: CatalogDatabase | undefined,
  options?: SqliteCatalogOptions,
): Promise<Catalog> {
  if (!database) return openSqliteCatalog(home.catalogFile, options);
  // Its driver is loaded only by who needs it.
  const { openPostgresCatalog } = await import('./catalog/postgres/postgres-catalog.ts');
  return openPostgresCatalog(database);
}
