/** The table of the recycle bin's retention rules. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function recycleRules(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'recycleRules');
}
