/** The table of volumes that are in the recycle bin. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function recycledVolumes(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'recycledVolumes');
}
