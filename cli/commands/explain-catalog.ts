/** What is wrong with a catalog that cannot be opened, in a sentence; other errors go on. */
import { CatalogFullError, CatalogUnavailableError } from '../../server/catalog/catalog.ts';
import { OtherCatalogError } from '../../server/catalog-place.ts';
import { CommandError } from '../command-error.ts';

export function explainCatalog(error: unknown): never {
  if (error instanceof OtherCatalogError) throw new CommandError(error.message, error.advice);
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
