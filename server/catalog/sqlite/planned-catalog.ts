/**
 * A catalog that holds whoever asks to keys and indexes, for tests: before it is run, the plan of
 * each kind of query is asked of SQLite, and one that goes through a whole table fails. Queries
 * without any condition are the tests' own looks at what there is, and pass.
 */
import assert from 'node:assert/strict';
import { CompiledQuery } from 'kysely';
import type { Catalog, CatalogReader, CatalogTransaction, Query } from '../catalog.ts';
import { TableQueries } from '../sql/queries.ts';
import type { StoredTables } from '../sql/stored-tables.ts';
import type { TableName } from '../table-rows.ts';
import { tableNames } from '../tables.ts';
import { Connection, sqliteQueries } from './connection.ts';
import { globPatterns } from './glob.ts';
import { newTestCatalog } from './test-new-catalog.ts';

type AnyTable = Record<string, (query?: Query<TableName>) => unknown>;

export async function openPlannedCatalog(file: string): Promise<Catalog> {
  const catalog = await newTestCatalog(file);
  const connection = new Connection(file);
  const planned = plannedTables(connection);
  return {
    read: (work) => catalog.read((reader) => work(planned(reader))),
    write: (work) => catalog.write((transaction) => work(planned(transaction))),
    async close() {
      connection.close();
      await catalog.close();
    },
  };
}

/** Plans are of the schema alone, and that is the same for all catalogs of a process. */
const known = new Set<string>();
const queriesOf = Object.fromEntries(
  tableNames.map((name) => [
    name,
    new TableQueries<TableName>(sqliteQueries<StoredTables>(), name, globPatterns),
  ]),
) as Record<TableName, TableQueries<TableName>>;

function plannedTables(connection: Connection) {
  const check = (compiled: CompiledQuery | undefined) => {
    if (!compiled || known.has(compiled.sql)) return;
    const { sql, parameters } = compiled;
    const plan = connection.all(CompiledQuery.raw(`EXPLAIN QUERY PLAN ${sql}`, [...parameters]));
    const text = plan.map(({ detail }) => detail).join('; ');
    assert.doesNotMatch(text, /\bSCAN\b/, `${sql}\ngoes through a table: ${text}`);
    known.add(sql);
  };
  return <T extends CatalogReader | CatalogTransaction>(tables: T): T =>
    new Proxy(tables, {
      get: (target, name: TableName) =>
        plannedTable(target[name] as unknown as AnyTable, queriesOf[name], check),
    });
}

function plannedTable(
  table: AnyTable,
  queries: TableQueries<TableName>,
  check: (compiled: CompiledQuery | undefined) => void,
): AnyTable {
  return new Proxy(table, {
    get(target, member: string) {
      const method = target[member]?.bind(target);
      if (member !== 'list' && member !== 'scan' && member !== 'count') return method;
      const make = member === 'count' ? queries.count : queries.list;
      return (query: Query<TableName> = {}) => {
        const { where = {} } = query;
        const isAll = Object.values(where).every((condition) => condition === undefined);
        if (!isAll) check(make.call(queries, query));
        return method?.(query);
      };
    },
  });
}
