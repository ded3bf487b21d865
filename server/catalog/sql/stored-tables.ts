/** What the tables look like in SQL, to Kysely. */
import type { Rows, TableName } from '../table-rows.ts';
import { sequencedTables } from '../tables.ts';

/**
 * `doc` is the row as JSON, without what the catalog itself gives (`version`, `sequence` where
 * there is one); the other columns repeat what queries narrow by.
 */
export interface StoredRow {
  id: string;
  doc: string;
  version: number;
  [column: string]: string | number;
}

/**
 * What rows of all tables have under their keys, ordered so that the rows of one value come in
 * order of id.
 */
export interface StoredKey {
  tbl: TableName;
  name: string;
  value: string;
  id: string;
}

export type StoredTables = { [N in TableName]: StoredRow } & { keys: StoredKey };

/** The columns that a row is made of, in this order. */
export function rowColumns(name: TableName): readonly string[] {
  return sequencedTables.has(name) ? ['doc', 'version', 'sequence'] : ['doc', 'version'];
}

/**
 * A row out of what `get` and `list` of queries.ts answer: `rowColumns`, whatever comes after them.
 */
export function rowOf<N extends TableName>(name: N, stored: readonly unknown[]): Rows[N] {
  const row = JSON.parse(stored[0] as string);
  row.version = stored[1];
  if (sequencedTables.has(name)) row.sequence = stored[2];
  return row;
}
