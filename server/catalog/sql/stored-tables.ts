/** What the tables look like in SQL, to Kysely. */
import type { Rows, TableName } from '../tables.ts';

/**
 * `doc` is the row as JSON, without what the catalog itself gives (`version`, `sequence` where there is one); the other
 * columns repeat what queries narrow by.
 */
export interface StoredRow {
  id: string;
  doc: string;
  version: number;
  [column: string]: string | number;
}

/** What rows of all tables have under their keys, ordered so that the rows of one value come in order of id. */
export interface StoredKey {
  tbl: TableName;
  name: string;
  value: string;
  id: string;
}

export type StoredTables = { [N in TableName]: StoredRow } & { keys: StoredKey };

/** A row out of the columns that `get` and `list` of queries.ts answer. */
export function rowOf<N extends TableName>(stored: Record<string, unknown>): Rows[N] {
  const { doc, ...given } = stored;
  const row: Rows[N] = JSON.parse(doc as string);
  return Object.assign(row, given);
}
