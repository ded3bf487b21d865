/** The table of images that have been deregistered. */
import type { MigrationSteps } from './migration-steps.ts';

export async function formerImages({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  const table = schema
    .createTable('formerImages')
    .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
    .addColumn('doc', 'text', (column) => column.notNull())
    .addColumn('version', 'integer', (column) => column.notNull())
    .addColumn('account', dialect.text, (column) => column.notNull())
    .addColumn('region', dialect.text, (column) => column.notNull());
  await run(table.compile());
  const index = schema.createIndex('formerImages_owner').on('formerImages');
  await run(index.columns(['account', 'region', 'id']).compile());
}
