/** Drills of snapshots are found by them. */
import type { MigrationSteps } from './migration-steps.ts';

export async function drillsOfSnapshots({ queries, dialect, run }: MigrationSteps): Promise<void> {
  const { schema } = queries;
  await run(
    schema
      .alterTable('drills')
      .addColumn('snapshotId', dialect.text, (column) => column.notNull().defaultTo(''))
      .compile(),
  );
  const index = schema.createIndex('drills_snapshotId').on('drills');
  await run(index.columns(['snapshotId', 'id']).compile());
}
