/**
 * What is wrong with a catalog or block store that cannot be opened, in a sentence; other errors go
 * on.
 */
import { CatalogFullError, CatalogUnavailableError } from '../../server/catalog/catalog.ts';
import { OtherCatalogError } from '../../server/catalog-place.ts';
import { RegionStoreError } from '../../server/region-stores.ts';
import { CommandError } from '../command-error.ts';

export function explainStorage(error: unknown): never {
  if (error instanceof OtherCatalogError || error instanceof RegionStoreError) {
    throw new CommandError(error.message, error.advice);
  }
  if (error instanceof CatalogUnavailableError) {
    throw new CommandError(
      `The catalog cannot be asked: ${(error.cause as Error).message}.`,
      'Start its PostgreSQL server, or correct the url.',
    );
  }
  if (error instanceof CatalogFullError) {
    throw new CommandError(
      `The catalog finds no room: ${error.message}.`,
      'Remove something from that disk.',
    );
  }
  throw error;
}
