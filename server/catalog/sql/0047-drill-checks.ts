/** What drills of the backups of a source look at; drills are found by their source. */
import { createTable, type MigrationSteps } from './migration-steps.ts';

export async function drillChecks(steps: MigrationSteps): Promise<void> {
  const { queries, dialect, run } = steps;
  await createTable(steps, 'drillChecks', ['account', 'region'], { account: ['account'] });
  const { schema } = queries;
  await run(
    schema
      .alterTable('drills')
      .addColumn('sourceId', dialect.text, (column) => column.notNull().defaultTo(''))
      .compile(),
  );
  const index = schema.createIndex('drills_sourceId').on('drills');
  await run(index.columns(['sourceId', 'id']).compile());
}
