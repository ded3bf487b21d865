/**
 * Brings the schema of a PostgreSQL catalog up to date, in one transaction; several processes that
 * start at once take turns.
 */
import { sql } from 'kysely';
import type pg from 'pg';
import { type Dialect, migrationSteps } from '../sql/migration-steps.ts';
import { migrateFrom, newerCatalog, schemaVersion } from '../sql/migrations.ts';
import { PostgresRunner, postgresQueries } from './connection.ts';

/** Any number will do; this one is `imago` in ASCII. */
const lockKey = 0x69_6d_61_67_6f;

/**
 * What others sort by their language is compared bytewise here, as the contract has it; patterns
 * use the indexes so, too.
 */
export const postgresDialect: Dialect = { text: sql`text collate "C"` };

export async function migrate(client: pg.ClientBase, name: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SELECT pg_advisory_xact_lock($1)', [lockKey]);
    await client.query('CREATE TABLE IF NOT EXISTS "schemaVersion" (version integer NOT NULL)');
    const { rows } = await client.query('SELECT version FROM "schemaVersion"');
    const version = Number(rows[0]?.version ?? 0);
    if (version > schemaVersion) throw newerCatalog(name, version);
    if (version < schemaVersion) {
      const runner = new PostgresRunner(client);
      const steps = migrationSteps(postgresQueries(), postgresDialect, (query) =>
        runner.all(query),
      );
      await migrateFrom(version, steps);
      await client.query('DELETE FROM "schemaVersion"');
      await client.query('INSERT INTO "schemaVersion" VALUES ($1)', [schemaVersion]);
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
