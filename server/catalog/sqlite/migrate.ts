/** Brings the schema of a catalog's file up to date, each version in a transaction of its own. */
import { CompiledQuery } from 'kysely';
import { type MigrationSteps, migrationSteps } from '../sql/migration-steps.ts';
import { migrations } from '../sql/migrations.ts';
import { type Connection, sqliteQueries } from './connection.ts';

export async function migrate(connection: Connection, file: string): Promise<void> {
  const [row] = connection.all(CompiledQuery.raw('PRAGMA user_version'));
  const version = Number(row?.user_version);
  if (version > migrations.length) {
    throw new Error(
      `${file} was written by a newer Imago (schema ${version}; this one knows up to ${migrations.length}): start that one, or use another home folder`,
    );
  }
  const queries: MigrationSteps['queries'] = sqliteQueries();
  const steps = migrationSteps(queries, async (query) => connection.all(query));
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    connection.exec('BEGIN IMMEDIATE');
    try {
      await migration(steps);
      connection.exec(`PRAGMA user_version = ${index + 1}`);
      connection.exec('COMMIT');
    } catch (error) {
      connection.exec('ROLLBACK');
      throw error;
    }
  }
}
