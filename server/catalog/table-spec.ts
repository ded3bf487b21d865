/** What tables.ts says of each table, and keys that several of them have. */
export interface TableSpec<Row> {
  columns: readonly (keyof Row)[];
  keys: Readonly<Record<string, (row: Row) => readonly string[]>>;
  /** Enforced by the database. */
  unique: readonly (readonly (keyof Row)[])[];
}

/** Of jobs, imports, exports and stored images that have ended: since when there are such rows. */
const endStates = [
  ...['completed', 'deleted', 'Completed', 'Failed', 'COMPLETED', 'FAILED', 'ABORTED', 'EXPIRED'],
];

export function sinceEnded({ state, createdAt }: { state: string; createdAt: string }): string[] {
  return endStates.includes(state) ? [createdAt] : [];
}
