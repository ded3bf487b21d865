/** The tables of the marketplace's products and their subscribers, and of reports on images. */
import type { MigrationSteps } from './migration-steps.ts';

const columnsOf = {
  products: ['account'],
  subscriptions: ['account'],
  imageUsageReports: ['account', 'region'],
};

export async function marketplace({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  for (const [name, columns] of Object.entries(columnsOf)) {
    let table = schema
      .createTable(name)
      .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
      .addColumn('doc', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1));
    for (const each of columns) {
      table = table.addColumn(each, dialect.text, (column) => column.notNull());
    }
    await run(table.compile());
    const index = schema.createIndex(`${name}_owner`).on(name);
    await run(index.columns([...columns, 'id']).compile());
  }
}
