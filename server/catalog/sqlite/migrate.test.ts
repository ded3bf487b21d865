import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before } from 'node:test';
import type { Catalog } from '../catalog.ts';
import { keyMigrationSuite } from '../key-migration-suite.ts';
import { migrationSuite, oldValues } from '../migration-suite.ts';
import { migrationSteps } from '../sql/migration-steps.ts';
import { migrations } from '../sql/migrations.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { sqliteDialect } from './migrate.ts';
import { openSqliteCatalog } from './sqlite-catalog.ts';

let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-migrate-'));
});
after(() => rm(folder, { recursive: true }));

let files = 0;

async function older(version: number, rows: Record<string, object[]>): Promise<Catalog> {
  const file = path.join(folder, `${++files}.db`);
  const connection = new Connection(file);
  const steps = migrationSteps(sqliteQueries(), sqliteDialect, async (query) =>
    connection.all(query),
  );
  for (const { run } of migrations.slice(0, version)) await run(steps);
  connection.exec(`PRAGMA user_version = ${version}`);
  connection.close();
  const database = new DatabaseSync(file);
  for (const [table, each] of Object.entries(rows)) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
    const names = columns.map(({ name }) => String(name));
    const marks = names.map(() => '?').join(', ');
    const insert = database.prepare(
      `INSERT INTO "${table}" (${names.join(', ')}) VALUES (${marks})`,
    );
    for (const row of each) insert.run(...oldValues(names, row));
  }
  database.close();
  return openSqliteCatalog(file);
}

migrationSuite('sqlite', older);
keyMigrationSuite('sqlite', older);
