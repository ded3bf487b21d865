/** The table of volumes that are in the recycle bin. */
import type { MigrationSteps } from './migration-steps.ts';

const name = 'recycledVolumes';

export async function recycledVolumes({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  const table = schema
    .createTable(name)
    .addColumn('id', dialect.text, (id) => id.primaryKey().notNull())
    .addColumn('doc', 'text', (doc) => doc.notNull())
    .addColumn('version', 'integer', (version) => version.notNull())
    .addColumn('account', dialect.text, (account) => account.notNull())
    .addColumn('region', dialect.text, (region) => region.notNull());
  await run(table.compile());
  const owner = schema.createIndex(`${name}_owner`).on(name);
  await run(owner.columns(['account', 'region', 'id']).compile());
}
