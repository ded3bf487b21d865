/** What a migration has in its hands. */
import type { CompiledQuery, Kysely, RawBuilder } from 'kysely';

/** What databases call differently. */
export interface Dialect {
  /** Text that is compared bytewise. */
  text: 'text' | RawBuilder<unknown>;
  /**
   * Ends the statement that makes a table which is kept in the order of its primary key, where
   * there is such a thing.
   */
  byPrimaryKey?: RawBuilder<unknown>;
}

/** What a migration works with: one transaction. */
export interface MigrationSteps {
  /** Any table, any column: those of the version that the migration is about. */
  queries: Kysely<Record<string, Record<string, string | number>>>;
  dialect: Dialect;
  run(query: CompiledQuery): Promise<void>;
  /**
   * All rows of a table, in order of id, a few in memory at a time; each may be changed once it was
   * told.
   */
  rows(table: string): AsyncIterable<{ id: string; doc: string }>;
}

/**
 * A table of rows with these columns, and the indexes that it has beside its primary key: from
 * name, after the table's, to columns. As tables are made since rows have a version.
 */
export async function createTable(
  { queries, run, dialect }: MigrationSteps,
  name: string,
  columns: readonly string[],
  indexes: Readonly<Record<string, readonly string[]>>,
): Promise<void> {
  let table = queries.schema
    .createTable(name)
    .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
    .addColumn('doc', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull());
  for (const each of columns) {
    table = table.addColumn(each, dialect.text, (column) => column.notNull());
  }
  await run(table.compile());
  for (const [index, indexed] of Object.entries(indexes)) {
    const made = queries.schema.createIndex(`${name}_${index}`).on(name);
    await run(made.columns([...indexed, 'id']).compile());
  }
}

const owned = ['account', 'region'] as const;

/** The same of rows that belong to an account and a region, which are walked through by owner. */
export function createOwnedTable(
  steps: MigrationSteps,
  name: string,
  found: readonly string[] = [],
  indexes: Readonly<Record<string, readonly string[]>> = {},
): Promise<void> {
  return createTable(steps, name, [...owned, ...found], { owner: owned, ...indexes });
}

const rowsAtATime = 500;

/** The steps over what an implementation has: a way to run a query in its transaction. */
export function migrationSteps(
  queries: MigrationSteps['queries'],
  dialect: Dialect,
  all: (query: CompiledQuery) => Promise<Record<string, unknown>[]>,
): MigrationSteps {
  return {
    queries,
    dialect,
    async run(query) {
      await all(query);
    },
    async *rows(table) {
      for (let after: string | undefined = ''; after !== undefined; ) {
        const select = queries.selectFrom(table).select(['id', 'doc']).where('id', '>', after);
        const page = await all(select.orderBy('id').limit(rowsAtATime).compile());
        yield* page as { id: string; doc: string }[];
        after = page.length < rowsAtATime ? undefined : (page.at(-1)?.id as string);
      }
    },
  };
}
