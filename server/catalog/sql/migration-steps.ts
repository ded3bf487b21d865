/** What a migration has in its hands. */
import type { CompiledQuery, Kysely } from 'kysely';

/** What a migration works with: one transaction. */
export interface MigrationSteps {
  /** Any table, any column: those of the version that the migration is about. */
  queries: Kysely<Record<string, Record<string, string | number>>>;
  run(query: CompiledQuery): Promise<void>;
  /** All rows of a table, in order of id, a page in memory at a time; each may be changed or deleted when it was told. */
  rows(table: string): AsyncIterable<{ id: string; doc: string }>;
}

export type Migration = (steps: MigrationSteps) => Promise<void>;

const rowsAtATime = 500;

/** The steps over what an implementation has: a way to run a query in its transaction. */
export function migrationSteps(
  queries: MigrationSteps['queries'],
  all: (query: CompiledQuery) => Promise<Record<string, unknown>[]>,
): MigrationSteps {
  return {
    queries,
    async run(query) {
      await all(query);
    },
    async *rows(table) {
      for (let after: string | undefined = ''; after !== undefined; ) {
        const page = await all(
          queries
            .selectFrom(table)
            .select(['id', 'doc'])
            .where('id', '>', after)
            .orderBy('id')
            .limit(rowsAtATime)
            .compile(),
        );
        yield* page as { id: string; doc: string }[];
        after = page.length < rowsAtATime ? undefined : (page.at(-1)?.id as string);
      }
    },
  };
}
