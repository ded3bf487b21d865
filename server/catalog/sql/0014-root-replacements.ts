/** The table of root volumes' replacements. */
import type { MigrationSteps } from './migration-steps.ts';

const name = 'rootReplacements';

export async function rootReplacements({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  const table = schema
    .createTable(name)
    .addColumn('id', dialect.text, (id) => id.primaryKey().notNull())
    .addColumn('doc', 'text', (doc) => doc.notNull())
    .addColumn('version', 'integer', (version) => version.notNull())
    .addColumn('account', dialect.text, (account) => account.notNull())
    .addColumn('region', dialect.text, (region) => region.notNull())
    .addColumn('instanceId', dialect.text, (instanceId) => instanceId.notNull())
    .addColumn('state', dialect.text, (state) => state.notNull());
  await run(table.compile());
  const owner = schema.createIndex(`${name}_owner`).on(name);
  await run(owner.columns(['account', 'region', 'id']).compile());
  const instance = schema.createIndex(`${name}_instanceId`).on(name);
  await run(instance.columns(['instanceId', 'id']).compile());
}
