/** The table of snapshots that are in the recycle bin. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function recycledSnapshots(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'recycledSnapshots');
}
