/** The catalog that a command is told of. */
import { type CatalogDatabase, catalogDatabase, type Environment } from '../server/config.ts';
import { CommandError } from './command-error.ts';

export function catalogOf(environment: Environment, flag?: string): CatalogDatabase | undefined {
  try {
    return catalogDatabase(environment, flag);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}
