/** Brings the schema of a catalog's file up to date, each version in a transaction of its own. */
import { CompiledQuery } from 'kysely';
import { migrations } from '../sql/migrations.ts';
import { type Connection, sqliteQueries } from './connection.ts';

export function migrate(connection: Connection, file: string): void {
  const [row] = connection.all(CompiledQuery.raw('PRAGMA user_version'));
  const version = Number(row?.user_version);
  if (version > migrations.length) {
    throw new Error(
      `${file} was written by a newer Imago (schema ${version}; this one knows up to ${migrations.length}): start that one, or use another home folder`,
    );
  }
  const queries = sqliteQueries<unknown>();
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    connection.exec('BEGIN IMMEDIATE');
    try {
      for (const query of migration(queries)) connection.exec(query.sql);
      connection.exec(`PRAGMA user_version = ${index + 1}`);
      connection.exec('COMMIT');
    } catch (error) {
      connection.exec('ROLLBACK');
      throw error;
    }
  }
}
