/**
 * That SQLite finds rows the way that sql/conditions.ts means: asked of its planner, on a new
 * catalog without statistics.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { CompiledQuery } from 'kysely';
import { groupsOf } from '../../domain/accounts.ts';
import { visibleTo } from '../../domain/viewer.ts';
import type { Query } from '../catalog.ts';
import { TableQueries } from '../sql/queries.ts';
import type { StoredTables } from '../sql/stored-tables.ts';
import { image } from '../test-rows.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { globPatterns } from './glob.ts';
import { openPlannedCatalog } from './planned-catalog.ts';
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

const images = new TableQueries(sqliteQueries<StoredTables>(), 'images', globPatterns);
const own = { account: '111111111111', region: 'us-east-1' };

function plan(query: Query<'images'>): string {
  return planOf(images.list(query));
}

function planOf(query: CompiledQuery | undefined): string {
  const { sql, parameters } = query as CompiledQuery;
  const steps = connection.all(CompiledQuery.raw(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]));
  return steps.map(({ detail }) => detail).join('; ');
}

test('SQL is made once for queries that differ in their values only', () => {
  const query = (viewer: string, name: string, limit: number) =>
    images.list({ where: { state: [viewer, 'all'], name: { like: [name] } }, limit });
  const [one, two] = [query('a', 'web*', 1), query('b', '[api]?', 2)];
  assert.equal(one?.query, two?.query);
  assert.deepEqual(one?.parameters, ['a', 'all', 'web*', 1]);
  assert.deepEqual(two?.parameters, ['b', 'all', '[[]api]?', 2]);
});

test('a page goes through the ids in order, also of one account', () => {
  const page = plan({ where: own, after: 'ami-1', limit: 1000 });
  assert.equal(page, 'SEARCH images USING INDEX images_owner (account=? AND region=? AND id>?)');
  const all = plan({ after: 'ami-1', limit: 1000 });
  assert.equal(all, 'SEARCH images USING INDEX sqlite_autoindex_images_1 (id>?)');
});

test('a pattern of a column is asked of the rows that are found, in order', () => {
  const where = { viewerOwner: ['a=1', 'b=1'], name: { like: ['*web*'] } };
  const merged = plan({ where, after: 'ami-1', limit: 1000 });
  assert.match(merged, /^MERGE \(UNION ALL\); LEFT; /);
  assert.equal(merged.split(`${walk}; ${row}`).length - 1, 2);
  assert.doesNotMatch(merged, /TEMP B-TREE|SCAN/);
});

test('a name is found by the unique index with the account', () => {
  assert.match(
    plan({ where: { ...own, name: 'web' } }),
    /\(account=\? AND region=\? AND name=\?\)$/,
  );
});

const walk = 'SEARCH keys USING PRIMARY KEY (tbl=? AND name=? AND value=? AND id>?)';
const row = 'SEARCH images USING INDEX sqlite_autoindex_images_1 (id=?)';

test('rows with a value of a key are walked through in order of id', () => {
  const where = { snapshot: 'snap-1', state: 'available' };
  assert.equal(plan({ where, after: 'ami-1', limit: 1000 }), `${walk}; ${row}`);
});

test('those with several are merged as they are walked through, and nothing is sorted', () => {
  const merged = plan({ where: { viewer: ['a', 'b'] }, after: 'ami-1', limit: 1000 });
  assert.match(merged, /^MERGE \(UNION ALL\); LEFT; /);
  assert.equal(merged.split(walk).length - 1, 2);
  assert.doesNotMatch(merged, /TEMP B-TREE|SCAN/);
});

test('so are those of an account that is deep in an organization', () => {
  const organizationPath = 'o-1/r-1/ou-1/ou-2/ou-3/ou-4/ou-5';
  const viewer = visibleTo({ ...own, groups: groupsOf({ organizationPath }) });
  const merged = plan({ where: { viewer }, after: 'ami-1', limit: 1000 });
  assert.equal(merged.split(walk).length - 1, 8);
  assert.doesNotMatch(merged, /TEMP B-TREE|SCAN/);
});

test('who sees a row is asked of the rows that something selective finds', () => {
  const named = plan({ where: { viewer: ['a', 'b'], viewerName: 'web' }, limit: 1000 });
  assert.match(named, /; SEARCH other EXISTS USING PRIMARY KEY/);
  const tagged = plan({ where: { viewer: ['a', 'b'], tag: 'c' }, after: 'ami-1', limit: 1000 });
  assert.ok(tagged.startsWith(`${walk}; SEARCH other EXISTS`), tagged);
  assert.ok(tagged.endsWith(row), tagged);
});

test('a pattern of a tag, and many values, are looked up in the keys first', () => {
  const like = plan({ where: { viewer: 'a', tag: { like: ['1/us/Name=web*'] } }, limit: 9 });
  assert.match(
    like,
    /SEARCH keys USING PRIMARY KEY \(tbl=\? AND name=\? AND value>\? AND value<\?\)/,
  );
  assert.doesNotMatch(like, /SCAN|TEMP B-TREE/);
  const several = plan({ where: { viewerName: { like: ['a=web*', 'b=*'] } }, limit: 9 });
  const range = '(tbl=? AND name=? AND value>? AND value<?)';
  assert.equal(several.split(range).length - 1, 2, several);
  assert.doesNotMatch(several, /SCAN/);
  const many = plan({ where: { snapshot: ['1', '2', '3', '4', '5'] }, limit: 9 });
  assert.match(many, /\(tbl=\? AND name=\? AND value=\?\)/);
  assert.doesNotMatch(many, /SCAN|TEMP B-TREE/);
});

test('values are compared with what a pattern says after its beginning, and few with all of it', () => {
  const { sql, parameters } = images.list({ where: { tag: { like: ['a=*web?'] } } }) ?? {};
  assert.match(
    String(sql),
    /"value" >= \? and .*"value" < \? and \+.*"value" glob \? and \+.*"value" glob \?/,
  );
  assert.deepEqual(parameters?.slice(-4), ['a=', 'a>', '*web?', 'a=*web?']);
});

test('what most rows share is no way to them beside what few have', () => {
  const instances = new TableQueries(sqliteQueries<StoredTables>(), 'instances', globPatterns);
  const privateIp = ['172.31.0.4', '172.31.0.5', '172.31.0.6'];
  const query = instances.list({ where: { subnetId: 'subnet-1', state: 'running', privateIp } });
  assert.match(planOf(query), /^SEARCH instances USING INDEX instances_privateIp \(privateIp=\?\)/);
  const counted = instances.count({ where: { subnetId: 'subnet-1', state: 'running' } });
  assert.match(planOf(counted), /INDEX instances_subnetId_state \(subnetId=\? AND state=\?\)/);
});

test('sessions of an account, of an access key, and those that expire first are found', () => {
  const sessions = new TableQueries(sqliteQueries<StoredTables>(), 'sessions', globPatterns);
  const own = planOf(sessions.list({ where: { account: '111111111111' }, after: 'ASIA1' }));
  assert.equal(own, 'SEARCH sessions USING INDEX sessions_owner (account=? AND id>?)');
  const parent = planOf(sessions.list({ where: { parent: 'AKIA1' } }));
  assert.match(parent, /^SEARCH keys USING PRIMARY KEY \(tbl=\? AND name=\? AND value=\?\)/);
  const { sql, parameters } = sessions.listKeys('expires', { prefix: '', limit: 9 });
  const steps = connection.all(CompiledQuery.raw(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]));
  assert.match(String(steps[0]?.detail), /^SEARCH keys USING PRIMARY KEY \(tbl=\? AND name=\?/);
});

test('keys are listed from where a page begins', () => {
  const range = { prefix: '1/us/', after: { value: '1/us/a=b', id: 'ami-1' }, limit: 9 };
  const { sql, parameters } = images.listKeys('tag', range);
  const steps = connection.all(CompiledQuery.raw(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]));
  const way = 'SEARCH keys USING PRIMARY KEY (tbl=? AND name=? AND (value,id)>(?,?) AND value<?)';
  assert.deepEqual(
    steps.map(({ detail }) => detail),
    [way],
  );
});

test('an update sets the columns that differ, so that no other index is written', () => {
  const row = image('ami-1', { ...own, version: 3 });
  const { sql, parameters } = images.update(row, { ...row, state: 'failed' });
  assert.equal(
    sql,
    'update "images" set "state" = ?, "doc" = ?, "version" = ? where "id" = ? and "version" = ?',
  );
  assert.deepEqual(parameters.with(1, ''), ['failed', '', 4, 'ami-1', 3]);
});

test('the catalog of operations’ tests refuses what goes through a table', async () => {
  const catalog = await openPlannedCatalog(path.join(folder, 'catalog.db'));
  const list = (where: Query<'images'>['where']) =>
    catalog.read(({ images }) => images.list({ where }));
  await assert.rejects(list({ state: 'available' }), /goes through a table: SCAN images/);
  assert.deepEqual(await list({ viewerState: 'us-east-1/all=failed' }), []);
  await catalog.close();
});
