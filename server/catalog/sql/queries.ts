/**
 * The SQL of the catalog, built by Kysely so that every SQL database shares it. Only queries are made here: how they are
 * run, and what a violated constraint looks like, is each implementation's own.
 */
import type { CompiledQuery, Kysely } from 'kysely';
import type { IndexedColumn, Query, Rows, TableName } from '../catalog.ts';
import { tableSpecs } from '../catalog.ts';
import { conditionsOf, type PatternCondition } from './conditions.ts';
import type { StoredRow, StoredTables } from './stored-tables.ts';

export const tableNames = Object.keys(tableSpecs) as TableName[];

export interface TableQueries<N extends TableName> {
  get(id: string): CompiledQuery;
  /** Undefined when no row can match. */
  list(query: Query<N>): CompiledQuery | undefined;
  count(query: Query<N>): CompiledQuery | undefined;
  insert(row: Rows[N]): CompiledQuery;
  update(row: Rows[N]): CompiledQuery;
  delete(id: string): CompiledQuery;
}

export function tableQueries<N extends TableName>(
  database: Kysely<StoredTables>,
  name: N,
  patternCondition: PatternCondition,
): TableQueries<N> {
  // Kysely cannot follow a generic table name; all tables have the same shape here.
  const table = name as 'images';
  const columns = tableSpecs[name].indexed as readonly Exclude<IndexedColumn<N>, 'id'>[];
  const stored = (row: Rows[N]): StoredRow => {
    const values = row as unknown as Record<string, string>;
    const indexed = Object.fromEntries(columns.map((column) => [column, values[column] as string]));
    return { ...indexed, id: row.id, doc: JSON.stringify(row) };
  };
  const conditions = (query: Query<N>) => conditionsOf(database, name, query, patternCondition);
  return {
    get: (id) => database.selectFrom(table).select('doc').where('id', '=', id).compile(),
    list(query) {
      const where = conditions(query);
      if (!where) return undefined;
      let select = database.selectFrom(table).select('doc').orderBy('id');
      for (const condition of where) select = select.where(condition);
      if (query.limit !== undefined) select = select.limit(query.limit);
      return select.compile();
    },
    count(query) {
      const where = conditions(query);
      if (!where) return undefined;
      let select = database.selectFrom(table).select((is) => is.fn.countAll<number>().as('count'));
      for (const condition of where) select = select.where(condition);
      return select.compile();
    },
    insert: (row) => database.insertInto(table).values(stored(row)).compile(),
    update(row) {
      const { id, ...values } = stored(row);
      return database.updateTable(table).set(values).where('id', '=', id).compile();
    },
    delete: (id) => database.deleteFrom(table).where('id', '=', id).compile(),
  };
}
