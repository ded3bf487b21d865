/**
 * Makes the keys of tables anew, of the documents as they are after all migrations: what is derived
 * needs no history of its own. Those of other tables stay, of which there may be millions.
 */

import type { Kysely } from 'kysely';
import type { Rows } from '../table-rows.ts';
import { keysOf, tableNames } from '../tables.ts';
import type { PatternSyntax } from './conditions.ts';
import type { MigrationSteps } from './migration-steps.ts';
import { TableQueries } from './queries.ts';
import type { StoredTables } from './stored-tables.ts';

export async function rebuildKeys(
  { queries, run, rows }: MigrationSteps,
  changed: ReadonlySet<string>,
): Promise<void> {
  const database = queries as unknown as Kysely<StoredTables>;
  for (const name of tableNames.filter((each) => changed.has(each))) {
    await run(queries.deleteFrom('keys').where('tbl', '=', name).compile());
    const table = new TableQueries(database, name, noPatterns);
    for await (const { id, doc } of rows(name)) {
      const keys = keysOf(name, JSON.parse(doc) as Rows[typeof name]);
      if (keys.length > 0) await run(table.insertKeys(id, keys));
    }
  }
}

const noPatterns: PatternSyntax = { text: neverAsked, condition: neverAsked, filter: neverAsked };

function neverAsked(): never {
  throw new Error('migrations look for no patterns');
}
