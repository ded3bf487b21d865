import { after, before } from 'node:test';
import pg from 'pg';
import type { Catalog } from '../catalog.ts';
import { keyMigrationSuite } from '../key-migration-suite.ts';
import { migrationSuite, oldValues } from '../migration-suite.ts';
import { migrationSteps } from '../sql/migration-steps.ts';
import { migrations } from '../sql/migrations.ts';
import { PostgresRunner, postgresQueries } from './connection.ts';
import { postgresDialect } from './migrate.ts';
import { openPostgresCatalog } from './postgres-catalog.ts';
import { TestPostgres } from './test-server.ts';

let postgres: TestPostgres;
let catalogs = 0;
before(async () => {
  postgres = await TestPostgres.start();
});
after(() => postgres[Symbol.asyncDispose]());

async function older(version: number, rows: Record<string, object[]>): Promise<Catalog> {
  const schema = `catalog_${++catalogs}`;
  const url = await postgres.schema(schema);
  const client = new pg.Client(url);
  await client.connect();
  const runner = new PostgresRunner(client);
  const steps = migrationSteps(postgresQueries(), postgresDialect, (query) => runner.all(query));
  for (const { run } of migrations.slice(0, version)) await run(steps);
  await client.query('CREATE TABLE "schemaVersion" (version integer NOT NULL)');
  await client.query('INSERT INTO "schemaVersion" VALUES ($1)', [version]);
  for (const [table, each] of Object.entries(rows)) {
    const columns = await client.query(
      'SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2',
      [schema, table],
    );
    const names = columns.rows.map((row) => String(row.column_name));
    const quoted = names.map((name) => `"${name}"`).join(', ');
    const marks = names.map((_, index) => `$${index + 1}`).join(', ');
    for (const row of each) {
      const values = oldValues(names, row);
      await client.query(`INSERT INTO "${table}" (${quoted}) VALUES (${marks})`, values);
    }
  }
  await client.end();
  return openPostgresCatalog({ url });
}

migrationSuite('postgres', older);
keyMigrationSuite('postgres', older);
