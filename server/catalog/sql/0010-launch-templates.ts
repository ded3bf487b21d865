/** The tables of launch templates and of their versions. */
import type { MigrationSteps } from './migration-steps.ts';

const tables = [
  ['launchTemplates', 'name'],
  ['launchTemplateVersions', 'templateId'],
] as const;

export async function launchTemplates({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  for (const [name, column] of tables) {
    const table = schema
      .createTable(name)
      .addColumn('id', dialect.text, (id) => id.primaryKey().notNull())
      .addColumn('doc', 'text', (doc) => doc.notNull())
      .addColumn('version', 'integer', (version) => version.notNull())
      .addColumn('account', dialect.text, (account) => account.notNull())
      .addColumn('region', dialect.text, (region) => region.notNull())
      .addColumn(column, dialect.text, (each) => each.notNull());
    await run(table.compile());
    const owner = schema.createIndex(`${name}_owner`).on(name);
    await run(owner.columns(['account', 'region', 'id']).compile());
  }
  const names = schema.createIndex('launchTemplates_name').unique().on('launchTemplates');
  await run(names.columns(['account', 'region', 'name']).compile());
  const versions = schema.createIndex('launchTemplateVersions_templateId');
  await run(versions.on('launchTemplateVersions').columns(['templateId', 'id']).compile());
}
