/** What the tables look like in SQL, to Kysely. */
import type { TableName } from '../catalog.ts';

/** `doc` is the row as JSON; the other columns repeat what queries narrow by. */
export interface StoredRow {
  id: string;
  doc: string;
  [column: string]: string;
}

export type StoredTables = { [N in TableName]: StoredRow };
