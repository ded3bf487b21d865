/** The table of fleets. */
import { createOwnedTable, type MigrationSteps } from './migration-steps.ts';

export function fleets(steps: MigrationSteps): Promise<void> {
  return createOwnedTable(steps, 'fleets');
}
