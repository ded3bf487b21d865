/** The catalog that a command is told of. */
import { existsSync } from 'node:fs';
import { type CatalogDatabase, catalogDatabase, type Environment } from '../server/config.ts';
import { checkRecovered, type HalfRecoveredError } from '../server/foundations/half-recovered.ts';
import { CommandError } from './command-error.ts';
import type { CommandContext } from './context.ts';

export function catalogOf(environment: Environment, flag?: string): CatalogDatabase | undefined {
  try {
    return catalogDatabase(environment, flag);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/**
 * For commands that look into a home themselves: refuses a folder that is none. Undefined: the home
 * says which.
 */
export function catalogOfHome(
  { home, environment }: CommandContext,
  flag?: string,
): CatalogDatabase | undefined {
  const database = catalogOf(environment, flag);
  try {
    checkRecovered(home);
  } catch (error) {
    const { message, advice } = error as HalfRecoveredError;
    throw new CommandError(message, advice);
  }
  const known = [home.catalogFile, home.catalogPlaceFile].some((file) => existsSync(file));
  if (database || known) return database;
  throw new CommandError(`There is no Imago in ${home.folder}.`, 'Name its home with --home.');
}
