/**
 * Keys with many values, in one table for all; launch permissions as data; indexes through the rows
 * of each owner, on states that few rows have, and for counting the addresses of a subnet.
 */
import type { MigrationSteps } from './migration-steps.ts';

const ownedTables = [
  'images',
  'snapshots',
  'volumes',
  'instances',
  'keyPairs',
  'vpcs',
  'subnets',
  'securityGroups',
  'tasks',
  'accountSettings',
];

export async function keysWithManyValues(steps: MigrationSteps): Promise<void> {
  await createKeys(steps);
  await createOwnerIndexes(steps);
  const { schema } = steps.queries;
  for (const [table, columns] of [
    ['volumes', ['state', 'id']],
    ['snapshots', ['state', 'id']],
    ['instances', ['subnetId', 'state']],
  ] as const) {
    const index = schema.createIndex(`${table}_${columns.join('_')}`).on(table);
    await steps.run(index.columns([...columns]).compile());
  }
  await changeDocuments(steps, 'images', ({ public: isPublic, ...image }) => ({
    ...image,
    launchPermissions: isPublic ? ['all'] : [],
  }));
  await changeDocuments(steps, 'instances', ({ volumeIds: _, ...instance }) => instance);
}

async function createKeys({ queries, run, dialect }: MigrationSteps): Promise<void> {
  const columns = ['tbl', 'name', 'value', 'id'] as const;
  let table = queries.schema.createTable('keys');
  for (const name of columns) {
    table = table.addColumn(name, dialect.text, (column) => column.notNull());
  }
  table = table.addPrimaryKeyConstraint('keys_primary', columns as never);
  if (dialect.byPrimaryKey) table = table.modifyEnd(dialect.byPrimaryKey);
  await run(table.compile());
}

/** Tasks have an owner in their documents only so far. */
async function createOwnerIndexes({ queries, run, dialect, rows }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  for (const name of ['account', 'region']) {
    await run(
      schema
        .alterTable('tasks')
        .addColumn(name, dialect.text, (column) => column.notNull().defaultTo(''))
        .compile(),
    );
  }
  for await (const { id, doc } of rows('tasks')) {
    const { account, region } = JSON.parse(doc);
    const set = queries.updateTable('tasks').set({ account, region });
    await run(set.where('id', '=', id).compile());
  }
  for (const table of ownedTables) {
    const index = schema.createIndex(`${table}_owner`).on(table);
    await run(index.columns(['account', 'region', 'id']).compile());
  }
}

async function changeDocuments(
  { queries, run, rows }: MigrationSteps,
  table: string,
  change: (row: Record<string, unknown>) => Record<string, unknown>,
): Promise<void> {
  for await (const { id, doc } of rows(table)) {
    const changed = JSON.stringify(change(JSON.parse(doc)));
    await run(queries.updateTable(table).set({ doc: changed }).where('id', '=', id).compile());
  }
}
