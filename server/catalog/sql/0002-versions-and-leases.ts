/**
 * Rows get a version, tasks an order of their own, what is on a host its host; the tables of leases
 * and account settings.
 */
import type { MigrationSteps } from './migration-steps.ts';

const earlierTables = [
  'accounts',
  'credentials',
  'images',
  'snapshots',
  'volumes',
  'instances',
  'keyPairs',
  'vpcs',
  'subnets',
  'securityGroups',
  'tasks',
  'clientTokens',
];

const newColumns = [
  ['instances', 'host'],
  ['instances', 'ownerUid'],
  ['volumes', 'host'],
  ['tasks', 'host'],
] as const;

export async function versionsAndLeases(steps: MigrationSteps): Promise<void> {
  const { dialect, queries } = steps;
  const { schema } = queries;
  for (const table of earlierTables) {
    await steps.run(
      schema
        .alterTable(table)
        .addColumn('version', 'integer', (column) => column.notNull().defaultTo(1))
        .compile(),
    );
  }
  for (const [table, name] of newColumns) {
    await steps.run(
      schema
        .alterTable(table)
        .addColumn(name, dialect.text, (column) => column.notNull().defaultTo(''))
        .compile(),
    );
  }
  await steps.run(
    schema.createIndex('instances_ownerUid').on('instances').columns(['ownerUid', 'id']).compile(),
  );
  await sequenceTasks(steps);
  await createTables(steps);
}

/**
 * In the order in which they were made. The runner keeps a thousand finished ones: all of them may
 * be held at once.
 */
async function sequenceTasks({ queries, run, rows }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  await run(
    schema
      .alterTable('tasks')
      .addColumn('sequence', 'integer', (column) => column.notNull().defaultTo(0))
      .compile(),
  );
  await run(schema.createIndex('tasks_sequence').on('tasks').columns(['sequence']).compile());
  const made: { id: string; createdAt: string }[] = [];
  for await (const { id, doc } of rows('tasks')) {
    made.push({ id, createdAt: JSON.parse(doc).createdAt });
  }
  made.sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1));
  for (const [index, { id }] of made.entries()) {
    await run(
      queries
        .updateTable('tasks')
        .set({ sequence: index + 1 })
        .where('id', '=', id)
        .compile(),
    );
  }
}

async function createTables({ queries, run, dialect }: MigrationSteps): Promise<void> {
  for (const [name, columns] of [
    ['accountSettings', ['account', 'region']],
    ['leases', []],
  ] as const) {
    let table = queries.schema
      .createTable(name)
      .addColumn('id', dialect.text, (column) => column.primaryKey().notNull())
      .addColumn('doc', 'text', (column) => column.notNull())
      .addColumn('version', 'integer', (column) => column.notNull());
    for (const each of columns)
      table = table.addColumn(each, dialect.text, (column) => column.notNull());
    await run(table.compile());
  }
}
