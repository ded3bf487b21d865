/**
 * The SQL of the catalog, built by Kysely so that every SQL database shares it. Only queries are made here: how they are
 * run, and what a violated constraint looks like, is each implementation's own.
 */
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import type { IndexedColumn, Query, Rows, TableName } from '../catalog.ts';
import { columnText, sequencedTables, tableSpecs } from '../catalog.ts';
import { conditionsOf, type PatternCondition } from './conditions.ts';
import type { StoredRow, StoredTables } from './stored-tables.ts';

export const tableNames = Object.keys(tableSpecs) as TableName[];

export interface TableQueries<N extends TableName> {
  get(id: string): CompiledQuery;
  /** Undefined when no row can match. */
  list(query: Query<N>): CompiledQuery | undefined;
  count(query: Query<N>): CompiledQuery | undefined;
  insert(row: Rows[N]): CompiledQuery;
  /** Changes no row when there is none with this id at the row's version. */
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
  const given = sequencedTables.has(name) ? ['version', 'sequence'] : ['version'];
  const stored = (row: Rows[N]): StoredRow => {
    const { version = 0, ...members } = row;
    const values = members as unknown as Record<string, unknown>;
    const indexed = columns.map((column) => [column, columnText(values[column])]);
    const doc = JSON.stringify({ ...values, sequence: undefined });
    return { ...Object.fromEntries(indexed), id: row.id, doc, version: version + 1 };
  };
  /** The index on it answers. */
  const nextSequence = sql<number>`(select coalesce(max(sequence), 0) + 1 from ${sql.table(name)})`;
  const conditions = (query: Query<N>) => conditionsOf(database, name, query, patternCondition);
  return {
    get: (id) =>
      database
        .selectFrom(table)
        .select(['doc', ...given])
        .where('id', '=', id)
        .compile(),
    list(query) {
      const where = conditions(query);
      if (!where) return undefined;
      let select = database
        .selectFrom(table)
        .select(['doc', ...given])
        .orderBy('id');
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
    insert(row) {
      const first = { ...stored(row), version: 1 };
      const values = sequencedTables.has(name) ? { ...first, sequence: nextSequence } : first;
      return database.insertInto(table).values(values).compile();
    },
    update(row) {
      const { id, ...values } = stored(row);
      const update = database.updateTable(table).set(values).where('id', '=', id);
      return update.where('version', '=', values.version - 1).compile();
    },
    delete: (id) => database.deleteFrom(table).where('id', '=', id).compile(),
  };
}
