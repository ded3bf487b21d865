/** The table of fleets. */
import type { MigrationSteps } from './migration-steps.ts';

export async function fleets({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  const table = schema
    .createTable('fleets')
    .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
    .addColumn('doc', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('account', dialect.text, (column) => column.notNull())
    .addColumn('region', dialect.text, (column) => column.notNull());
  await run(table.compile());
  const index = schema.createIndex('fleets_owner').on('fleets');
  await run(index.columns(['account', 'region', 'id']).compile());
}
