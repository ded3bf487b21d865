/** That SQLite finds rows the way that sql/conditions.ts means: asked of its planner, on a new catalog without statistics. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CompiledQuery } from 'kysely';
import type { Query } from '../catalog.ts';
import { tableQueries } from '../sql/queries.ts';
import type { StoredTables } from '../sql/stored-tables.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { globCondition } from './glob.ts';
import { openSqliteCatalog } from './sqlite-catalog.ts';

let folder: string;
let connection: Connection;
before(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'imago-plans-'));
  const file = path.join(folder, 'catalog.db');
  await (await openSqliteCatalog(file)).close();
  connection = new Connection(file);
});
after(async () => {
  connection.close();
  await rm(folder, { recursive: true });
});

const images = tableQueries(sqliteQueries<StoredTables>(), 'images', globCondition);
const own = { account: '111111111111', region: 'us-east-1' };

function plan(query: Query<'images'>): string {
  const { sql, parameters } = images.list(query) as CompiledQuery;
  const steps = connection.all(CompiledQuery.raw(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]));
  return steps.map(({ detail }) => detail).join('; ');
}

test('a page goes through the ids in order, also of one account', () => {
  const page = plan({ where: own, after: 'ami-1', limit: 1000 });
  assert.equal(page, 'SEARCH images USING INDEX sqlite_autoindex_images_1 (id>?)');
});

test('a pattern is answered by the index on names alone, then rows by their ids', () => {
  const where = { ...own, state: 'available' };
  const within = plan({ where: { ...where, name: { like: ['*web*'] } }, limit: 1000 });
  assert.match(within, /SCAN images USING COVERING INDEX images_name/);
  assert.match(within, /SEARCH images USING INDEX sqlite_autoindex_images_1 \(id=\?\)/);
  assert.doesNotMatch(within, /TEMP B-TREE/);
  const beginning = plan({ where: { ...where, name: { like: ['web*'] } }, limit: 1000 });
  assert.match(beginning, /COVERING INDEX images_name \(name>\? AND name<\?\)/);
});

test('a name is found by its index, with the account by the unique one', () => {
  assert.match(plan({ where: { region: own.region, name: 'web' } }), /images_name \(name=\?\)/);
  assert.match(
    plan({ where: { ...own, name: 'web' } }),
    /\(account=\? AND region=\? AND name=\?\)$/,
  );
});
