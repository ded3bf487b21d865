/**
 * Accounts are found by name, alias and whether they are operators', their keys by account. (Until
 * now there were two accounts, whose names differ.)
 */
import type { MigrationSteps } from './migration-steps.ts';

const columns = ['name', 'alias', 'operator'] as const;

export async function accountColumns({ queries, run, rows, dialect }: MigrationSteps) {
  const { schema } = queries;
  for (const name of columns) {
    const table = schema.alterTable('accounts');
    const added = table.addColumn(name, dialect.text, (column) => column.notNull().defaultTo(''));
    await run(added.compile());
  }
  for await (const { id, doc } of rows('accounts')) {
    const { name, alias = '', operator = '' } = JSON.parse(doc);
    const set = queries.updateTable('accounts').set({ name, alias, operator: String(operator) });
    await run(set.where('id', '=', id).compile());
  }
  await run(
    schema.createIndex('accounts_name').unique().on('accounts').columns(['name']).compile(),
  );
  for (const [table, column] of [
    ['accounts', 'alias'],
    ['accounts', 'operator'],
    ['credentials', 'account'],
  ] as const) {
    const index = schema.createIndex(`${table}_${column}`).on(table).columns([column, 'id']);
    await run(index.compile());
  }
}
