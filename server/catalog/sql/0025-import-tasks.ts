/** The tables of imports of disk files. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export async function importTasks(steps: MigrationSteps): Promise<void> {
  for (const name of ['importSnapshotTasks', 'importImageTasks']) {
    await createOwnedTable(steps, name, ['state'], { state: ['account', 'region', 'state'] });
  }
}
