/** The table of what the block stores held, day by day. */
import { createTable, type MigrationSteps } from './migration-steps.ts';

export async function storageDays(steps: MigrationSteps): Promise<void> {
  await createTable(steps, 'storageDays', [], {});
}
