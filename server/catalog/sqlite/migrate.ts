/**
 * Brings the schema of a catalog's file up to date, in one transaction: a file is of before or of
 * after.
 */
import { CompiledQuery, sql } from 'kysely';
import { type Dialect, migrationSteps } from '../sql/migration-steps.ts';
import { migrateFrom, newerCatalog, schemaVersion } from '../sql/migrations.ts';
import { type Connection, sqliteQueries } from './connection.ts';

/** SQLite compares text bytewise unless it is told otherwise. */
export const sqliteDialect: Dialect = { text: 'text', byPrimaryKey: sql`without rowid` };

export async function migrate(connection: Connection, file: string): Promise<void> {
  const [row] = connection.all(CompiledQuery.raw('PRAGMA user_version'));
  const version = Number(row?.user_version);
  if (version > schemaVersion) throw newerCatalog(file, version);
  if (version === schemaVersion) return;
  const steps = migrationSteps(sqliteQueries(), sqliteDialect, async (query) =>
    connection.all(query),
  );
  connection.exec('BEGIN IMMEDIATE');
  try {
    await migrateFrom(version, steps);
    connection.exec(`PRAGMA user_version = ${schemaVersion}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.inTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}
